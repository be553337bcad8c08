// Bytes and their spellings. Every reader takes one spelling only, and gives null for any other.

const ALPHABET58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

export const utf8 = (text) => new TextEncoder().encode(text);

/** Text from UTF-8; null if it is none. A byte order mark stays, and is refused by whoever reads on. */
export function fromUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

export function concat(...parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}

export const equal = (one, other) => one.length === other.length && one.every((byte, place) => byte === other[place]);

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

export const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

/** Padded, with no loose bits, spaces or line ends (RFC 4648 section 4). */
export function fromBase64(text, length) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return toBase64(bytes) === text && (length === undefined || bytes.length === length) ? bytes : null;
}

export const toBase64Url = (bytes) => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Without padding (RFC 4648 section 5). */
export function fromBase64Url(text, length) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  const padding = "=".repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/") + padding, length);
}

/** Multibase base58btc, of exactly so many bytes. */
export function fromBase58(text, length) {
  if (!text.startsWith("z") || text.length > 1 + (length * 3) / 2) return null;
  let number = 0n;
  for (const character of text.slice(1)) {
    const digit = ALPHABET58.indexOf(character);
    if (digit < 0) return null;
    number = number * 58n + BigInt(digit);
  }
  const bytes = new Uint8Array(length);
  for (let place = length - 1; place >= 0; place -= 1) {
    bytes[place] = Number(number & 255n);
    number >>= 8n;
  }
  return number === 0n && toBase58(bytes) === text ? bytes : null;
}

export function toBase58(bytes) {
  let number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let digits = "";
  for (; number > 0n; number /= 58n) digits = ALPHABET58[Number(number % 58n)] + digits;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return `z${"1".repeat(zeros < 0 ? bytes.length : zeros)}${digits}`;
}

/** A number in digits without leading zeros, below 2^64. */
export function fromDecimal(text) {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(text)) return null;
  const number = BigInt(text);
  return number < 1n << 64n ? number : null;
}
