// Signed notes (c2sp.org/signed-note) and the cosignatures of witnesses (c2sp.org/tlog-cosignature).

import { concat, equal, fromBase64, sha256, utf8 } from "./bytes.js";
import { isPublicKey, verifies } from "./ed25519.js";

const BYTES_MAX = 64 * 1024;
const SIGNATURES_MAX = 64;
const ISSUER_KEY = 0x01;
const WITNESS_KEY = 0x04;

const isName = (name) => name !== "" && !/[\p{White_Space}+]/u.test(name);

/** `{ text, lines }` of a note; null if it is none. */
export function parseNote(note) {
  // The control characters are just what must not be here.
  const isPlain = !/[\u0000-\u0009\u000b-\u001f]/.test(note) && utf8(note).length <= BYTES_MAX;
  const end = note.lastIndexOf("\n\n");
  if (!isPlain || end < 0 || !note.endsWith("\n")) return null;
  const lines = note.slice(end + 2, -1).split("\n").map(parseLine);
  return lines.includes(null) || lines.length > SIGNATURES_MAX ? null : { text: note.slice(0, end + 1), lines };
}

function parseLine(line) {
  const found = /^\u2014 ([^ ]*) ([^ ]*)$/.exec(line);
  const bytes = found === null ? null : fromBase64(found[2]);
  if (bytes === null || bytes.length < 5 || !isName(found[1])) return null;
  return { name: found[1], keyId: bytes.subarray(0, 4), bytes: bytes.subarray(4) };
}

async function keyId(name, kind, key) {
  const hash = await sha256(concat(utf8(name), new Uint8Array([0x0a, kind]), key));
  return hash.subarray(0, 4);
}

async function linesOf(note, name, kind, key) {
  const id = await keyId(name, kind, key);
  return note.lines.filter((line) => line.name === name && equal(line.keyId, id));
}

const wrongLine = (name) =>
  new Error(`the signature of ${JSON.stringify(name)} does not fit the log's checkpoint; the proof was changed`);

/** Whether one of the keys signed the note under this name. Lines of unknown keys are passed over. */
export async function isSigned(note, name, keys) {
  let signed = false;
  for (const key of keys) {
    for (const line of await linesOf(note, name, ISSUER_KEY, key)) {
      if (!(await verifies(key, utf8(note.text), line.bytes))) throw wrongLine(name);
      signed = true;
    }
  }
  return signed;
}

/** A witness from its verifier key, `NAME+HEX+BASE64`. */
export async function parseWitness(text) {
  const [name, hex, ...base64] = String(text).split("+");
  const bytes = fromBase64(base64.join("+"), 33);
  const witness = { name, key: bytes?.subarray(1) };
  const isRight = isName(name) && bytes?.[0] === WITNESS_KEY && isPublicKey(witness.key);
  const id = isRight ? await keyId(name, WITNESS_KEY, witness.key) : [];
  const expected = Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (!isRight || hex !== expected) throw new Error(`${JSON.stringify(text)} is not a witness's verifier key`);
  return witness;
}

/** When the witness confirmed the note, in milliseconds; null if it did not. */
export async function confirmedAt(note, witness) {
  let latest = null;
  for (const line of await linesOf(note, witness.name, WITNESS_KEY, witness.key)) {
    const [stamp, signature] = [line.bytes.subarray(0, 8), line.bytes.subarray(8)];
    const seconds = stamp.reduce((number, byte) => number * 256 + byte, 0);
    const message = utf8(`cosignature/v1\ntime ${seconds}\n${note.text}`);
    // Times beyond what a date can say are no times.
    if (seconds > 8e12 || !(await verifies(witness.key, message, signature))) throw wrongLine(witness.name);
    latest = Math.max(latest ?? 0, seconds * 1000);
  }
  return latest;
}
