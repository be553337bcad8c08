// What is read before anything is verified: a file, or the values of a QR code.

import { parseSigned } from "./credential.js";
import { parseLogProof } from "./log.js";
import { isPdf, openPdf } from "./pdf.js";

/**
 * Reads a PDF or JSON file; `logProof` is the file beside a JSON file, and not used for a PDF, which has its own.
 * Gives `{ signed, readLogProof, pdf }`, or `{ error }`.
 */
export async function openDocument(document, logProof) {
  try {
    const pdf = isPdf(document) ? openPdf(document) : null;
    const signed = await parseSigned(pdf?.credential ?? document);
    const proof = pdf?.logProof ?? logProof;
    return { signed, readLogProof: proof && (() => parseLogProof(proof)), pdf };
  } catch (error) {
    return { error: error.message };
  }
}
