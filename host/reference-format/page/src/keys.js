// The issuer's keys: how they are named, and the key file `/.well-known/did.json` that has those of today and of before.

import { concat, equal, fromBase58, toBase58 } from "./bytes.js";
import { didWeb, fromDidWeb } from "./domain.js";
import { isPublicKey } from "./ed25519.js";
import { at, isObject, parseObject } from "./json.js";
import { parseTime } from "./time.js";

const MULTIKEY_ED25519 = new Uint8Array([0xed, 0x01]);
const DID_KEY = "did:key:";

export const KEY_FILE_PATH = ".well-known/did.json";
export const KEY_FILE_BYTES_MAX = 256 * 1024;

/** The 32 bytes of a Multikey, `z6Mk…`; null if it is another kind of key, or a weak one. */
export function fromMultikey(text) {
  const bytes = fromBase58(text, 34);
  if (bytes === null || !equal(bytes.subarray(0, 2), MULTIKEY_ED25519)) return null;
  const key = bytes.subarray(2);
  return isPublicKey(key) ? key : null;
}

export const toMultikey = (key) => toBase58(concat(MULTIKEY_ED25519, key));

/** Which of an issuer's keys, in lower case. */
export const isSelector = (text) => /^[a-z0-9]{1,63}$/.test(text);

/** `{ domain, selector }` of `did:web:DOMAIN#SELECTOR`, `{ inDocument }` of `did:key:KEY#KEY`, null of anything else. */
export function parseKeyReference(text) {
  if (typeof text !== "string") return null;
  const [did, name, ...rest] = text.split("#");
  if (name === undefined || rest.length > 0) return null;
  if (did.startsWith(DID_KEY)) {
    const inDocument = did === DID_KEY + name ? fromMultikey(name) : null;
    return inDocument && { inDocument };
  }
  const domain = fromDidWeb(did);
  return domain !== null && isSelector(name) ? { domain, selector: name } : null;
}

const wrongFile = (what) => new Error(`the key file is not a DID document (${what}); the issuer has to publish it anew`);

/** The keys in a key file: `{ domain, keys }`. Entries of other kinds are other programs', and passed over. */
export function parseKeyFile(bytes) {
  const document = parseObject(bytes, KEY_FILE_BYTES_MAX);
  const domain = fromDidWeb(document.id);
  if (domain === null) throw wrongFile("it is of no domain");
  const { verificationMethod: methods = [], assertionMethod: asserted = [] } = document;
  if (!Array.isArray(methods) || !Array.isArray(asserted)) throw wrongFile("its keys are no list");
  const keys = [];
  for (const method of methods) {
    const id = typeof at(method, "id") === "string" ? method.id : "";
    const multikey = at(method, "publicKeyMultibase");
    const isEd25519 = typeof multikey === "string" && multikey.startsWith("z6Mk");
    if (!asserted.includes(id) || at(method, "type") !== "Multikey" || !isEd25519) continue;
    const key = publishedKey(domain, method);
    if (key === null || keys.some((other) => other.selector === key.selector)) {
      throw new Error(`the entry ${JSON.stringify(id.slice(0, 200))} of the key file cannot be read, or is there twice`);
    }
    keys.push(key);
  }
  return { domain, keys };
}

function publishedKey(domain, method) {
  const reference = parseKeyReference(at(method, "id"));
  const key = fromMultikey(method.publicKeyMultibase);
  const times = ["created", "retired", "revoked"].map((name) => {
    const text = at(method, name) ?? null;
    return text === null ? undefined : parseTime(text);
  });
  const isOurs = reference !== null && reference.domain === domain && at(method, "controller") === didWeb(domain);
  if (!isObject(method) || !isOurs || key === null || times.includes(null)) return null;
  // Without a beginning the key is good for any time: another program's file may not say.
  const [created = 0, retired = Infinity, revoked = Infinity] = times;
  return { selector: reference.selector, key, created, retired, revoked };
}
