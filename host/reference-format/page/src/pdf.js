// The PDF page: its attachments and its seal, the issuer's signature over every byte of the file.
//
// The attachments are stored as they are, so that they are found without a PDF parser, which is a large thing to point at
// strangers' files: each occurs exactly once, or the file is refused.

import { concat, fromBase64, sha256, toBase64, utf8 } from "./bytes.js";
import { verifies } from "./ed25519.js";
import { LOG_PROOF_START } from "./log.js";

export const PDF_BYTES_MAX = 4 * 1024 * 1024;

const LABEL = "employment-reference-seal/v1 ";
const SIGNATURE_CHARACTERS = 88;

export const isPdf = (bytes) => String.fromCharCode(...bytes.subarray(0, 5)) === "%PDF-";

/** `{ credential, logProof, isSealedBy }` of a PDF file. */
export function openPdf(bytes) {
  if (bytes.length > PDF_BYTES_MAX) throw new Error(`the PDF has more than ${PDF_BYTES_MAX} bytes; it is not a reference`);
  // One character for each byte, whatever it is: what is searched for is ASCII.
  const text = new TextDecoder("windows-1252").decode(bytes);
  const [credential, logProof] = [
    ["attached credential", '{"@context":['],
    ["attached log proof", LOG_PROOF_START],
  ].map(([what, beginning]) => stream(bytes, text, beginning) ?? refuse(what));
  const start = findOnce(text, LABEL) + LABEL.length;
  const end = start + SIGNATURE_CHARACTERS;
  if (start < LABEL.length || text[end] !== "\n") refuse("seal");
  const isSealedBy = async (key) => {
    const signature = fromBase64(text.slice(start, end), 64);
    const zeros = utf8(toBase64(new Uint8Array(64)));
    const hash = await sha256(concat(bytes.subarray(0, start), zeros, bytes.subarray(end)));
    return signature !== null && verifies(key, concat(utf8(LABEL), hash), signature);
  };
  return { credential, logProof, isSealedBy };
}

function refuse(what) {
  throw new Error(
    `the PDF has not exactly one ${what}; it is cut short, was saved anew by another program, or is not a reference: ` +
      "ask for the file as it was sent, or check its attachment credential.json",
  );
}

/** The content of the one stream that begins so; null if there is none, or more. */
function stream(bytes, text, beginning) {
  const before = "stream\n";
  const start = findOnce(text, before + beginning) + before.length;
  const end = text.indexOf("\nendstream", start);
  return start < before.length || end < 0 ? null : bytes.subarray(start, end);
}

/** Where the text is, if it is there once; otherwise -1. */
function findOnce(text, what) {
  const first = text.indexOf(what);
  return text.indexOf(what, first + 1) < 0 ? first : -1;
}
