// What is read before anything is verified: a file, or the values of a QR code.

import { parseSigned } from "./credential.js";
import { notAReference, PDF_WITHOUT_ATTACHMENTS, withoutMark } from "./kind.js";
import { parseLogProof } from "./log.js";
import { isPdf, openPdf, PDF_BYTES_MAX } from "./pdf.js";
import { savedAttachments } from "./saved.js";

/**
 * Reads a PDF or JSON file; `logProof` is the file beside a JSON file, and not used for a PDF, which has its own.
 * Gives `{ signed, readLogProof, pdf, isSavedAnew }`, or `{ error }`.
 */
export async function openDocument(document, logProof) {
  const wrong = notAReference(document);
  if (wrong !== null) return { error: wrong };
  try {
    if (!isPdf(document)) return await opened(withoutMark(document), logProof, null);
    const pdf = sealed(document);
    if (pdf !== null) return await opened(pdf.credential, pdf.logProof, pdf);
    const saved = await savedAttachments(document);
    if (saved === null) return { error: PDF_WITHOUT_ATTACHMENTS };
    return { ...(await opened(saved.credential, saved.logProof, null)), isSavedAnew: true };
  } catch (error) {
    return { error: error.message };
  }
}

async function opened(credential, logProof, pdf) {
  const signed = await parseSigned(credential);
  return { signed, readLogProof: logProof && (() => parseLogProof(logProof)), pdf, isSavedAnew: false };
}

/** The page with its seal; null if it has not all parts once. */
function sealed(document) {
  if (document.length > PDF_BYTES_MAX) {
    throw new Error(`the PDF has more than ${PDF_BYTES_MAX} bytes; it is not a reference`);
  }
  try {
    return openPdf(document);
  } catch {
    return null;
  }
}
