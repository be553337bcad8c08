// Ed25519 (RFC 8032), as strict as the program's verifier: no weak points, one spelling of points and numbers, and the
// equation without the cofactor. WebCrypto does the last step where the browser has Ed25519, @noble/ed25519 elsewhere.

import { Point } from "@noble/ed25519";
import { concat } from "./bytes.js";

const ORDER = Point.CURVE().n;

const ALGORITHM = "Ed25519";

/** A point that is in its one spelling and not of small order; null for any other. */
function strongPoint(bytes) {
  try {
    const point = Point.fromBytes(bytes, false);
    return point.isSmallOrder() ? null : point;
  } catch {
    return null;
  }
}

export const isPublicKey = (bytes) => bytes.length === 32 && strongPoint(bytes) !== null;

const littleEndian = (bytes) => bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

/** Whether the browser's WebCrypto knows Ed25519. */
export async function hasNative() {
  try {
    await crypto.subtle.importKey("raw", Point.BASE.toBytes(), ALGORITHM, false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

/** Whether the signature is by the key. `native` says which of the two ways to take; without it, the better one. */
export async function verifies(key, message, signature, native) {
  if (key.length !== 32 || signature.length !== 64) return false;
  const s = littleEndian(signature.subarray(32));
  const point = strongPoint(key);
  const r = strongPoint(signature.subarray(0, 32));
  if (s >= ORDER || point === null || r === null) return false;
  if (native ?? (await hasNative())) {
    const imported = await crypto.subtle.importKey("raw", key, ALGORITHM, false, ["verify"]);
    return crypto.subtle.verify(ALGORITHM, imported, signature, message);
  }
  const hash = await crypto.subtle.digest("SHA-512", concat(signature.subarray(0, 32), key, message));
  const k = littleEndian(new Uint8Array(hash)) % ORDER;
  return Point.BASE.multiply(s, false).equals(r.add(point.multiply(k, false)));
}
