// The proof that a reference is in its issuer's transparency log (c2sp.org/tlog-proof, c2sp.org/tlog-checkpoint).

import { fromBase64, fromDecimal, fromUtf8 } from "./bytes.js";
import { confirmedAt, isSigned, parseNote } from "./note.js";
import { isIncluded, leafHash } from "./tree.js";

export const LOG_PROOF_START = "c2sp.org/tlog-proof@";
export const LOG_DIRECTORY = "references/log";
export const LOG_BYTES_MAX = 64 * 1024;

const HEADER = `${LOG_PROOF_START}v1`;
const HASHES_MAX = 64;
const INDEX = "index ";

/** `{ index, hashes, note }` of a proof. Nothing is verified. */
export function parseLogProof(bytes) {
  const malformed = () => new Error("the log proof cannot be read; ask for it anew");
  const whole = bytes.length <= LOG_BYTES_MAX ? fromUtf8(bytes) : null;
  // Mail programs and editors change line ends, and put a mark before a text.
  const text = whole?.replace(/^\ufeff+/, "").replaceAll("\r\n", "\n");
  const end = text?.indexOf("\n\n") ?? -1;
  if (end < 0) throw malformed();
  const [header, indexLine = "", ...lines] = text.slice(0, end).split("\n");
  const index = indexLine.startsWith(INDEX) ? fromDecimal(indexLine.slice(INDEX.length)) : null;
  const hashes = lines.map((line) => fromBase64(line, 32));
  if (header !== HEADER || index === null || hashes.includes(null) || hashes.length > HASHES_MAX) throw malformed();
  return { index, hashes, note: parseCheckpointNote(text.slice(end + 2)) };
}

export function parseCheckpointNote(text) {
  const note = parseNote(text);
  if (note === null) throw new Error("the log's checkpoint is not a signed note; ask for the proof anew");
  return note;
}

/** `{ origin, size, root }` of a checkpoint's text. */
export function parseCheckpoint(text) {
  const [origin, size = "", root = "", end, ...rest] = text.split("\n");
  const checkpoint = { origin, size: fromDecimal(size), root: fromBase64(root, 32) };
  const isWhole = end === "" && rest.length === 0 && origin !== "" && checkpoint.size !== null && checkpoint.root !== null;
  if (!isWhole) throw new Error("the log's checkpoint is not a signed note; ask for the proof anew");
  return checkpoint;
}

/**
 * When the issuer published this head of its log, in milliseconds, if it says so; null if it does not. A head that is none,
 * is of another log, or is signed by none of the keys, is an error.
 */
export async function publishedAt(bytes, domain, keys) {
  const note = parseCheckpointNote(fromUtf8(bytes) ?? "");
  const { origin } = parseCheckpoint(note.text);
  if (origin !== `${domain}/${LOG_DIRECTORY}`) throw new Error("it is the head of another log");
  if (!(await isSigned(note, origin, keys))) throw new Error("no known key of the issuer signed it");
  const times = await Promise.all(keys.map((key) => confirmedAt(note, { name: origin, key })));
  return times.reduce((latest, time) => (time === null ? latest : Math.max(latest ?? 0, time)), null);
}

/** Checks that the entry is in the log of the domain, at a head that one of the keys signed: `{ index, size, witnesses }`. */
export async function verifyLogProof(proof, entry, domain, keys, witnesses) {
  const { origin, size, root } = parseCheckpoint(proof.note.text);
  if (origin !== `${domain}/${LOG_DIRECTORY}`) throw new Error("the log proof is not of the issuer's log; ask for it anew");
  if (!(await isSigned(proof.note, origin, keys))) {
    throw new Error("the checkpoint of the log proof is not signed by a known key of the issuer");
  }
  if (!(await isIncluded(await leafHash(entry), proof.index, size, proof.hashes, root))) {
    throw new Error("the log proof is of another reference, or was changed");
  }
  const confirmed = [];
  for (const witness of witnesses) {
    const time = await confirmedAt(proof.note, witness);
    if (time !== null) confirmed.push({ name: witness.name, time });
  }
  return { index: proof.index, size, witnesses: confirmed };
}
