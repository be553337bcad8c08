// Data Integrity proofs of the cryptosuite eddsa-jcs-2022 (section 3.3): SHA-256 of the canonical proof options, with the
// document's @context, then SHA-256 of the canonical document without its proof.

import { concat, fromBase58, sha256, toBase58, utf8 } from "./bytes.js";
import { verifies } from "./ed25519.js";
import { canonical, same } from "./jcs.js";
import { isObject } from "./json.js";
import { parseKeyReference } from "./keys.js";
import { parseTime } from "./time.js";

const wrong = (name) =>
  new Error(`the proof's ${name} is missing or not what eddsa-jcs-2022 asks for; the document was changed, or is no reference`);

/** A proof's members but its value. */
function optionsOf(document, verificationMethod, created) {
  const context = Object.hasOwn(document, "@context") ? { "@context": document["@context"] } : {};
  const type = { type: "DataIntegrityProof", cryptosuite: "eddsa-jcs-2022" };
  return { ...context, ...type, created, verificationMethod, proofPurpose: "assertionMethod" };
}

/** The document without its proof, and the proof: `{ document, key, created, signature, signed }`. Nothing is verified. */
export async function readProof(signedDocument) {
  const { proof, ...members } = signedDocument;
  if (!isObject(proof)) throw new Error("the document has no proof; it is not signed");
  const document = Object.assign(Object.create(null), members);
  const { proofValue, ...options } = proof;
  const key = parseKeyReference(proof.verificationMethod);
  if (key === null) throw wrong("verificationMethod");
  if (parseTime(proof.created) === null) throw wrong("created");
  const signature = typeof proofValue === "string" ? fromBase58(proofValue, 64) : null;
  if (signature === null) throw wrong("proofValue");
  if (!same(optionsOf(document, proof.verificationMethod, proof.created), options)) throw wrong("form");
  const parts = [options, document].map((part) => sha256(utf8(canonical(part))));
  return { document, key, created: proof.created, signature, signed: concat(...(await Promise.all(parts))) };
}

/** Puts a signature that exists onto its document again. */
export function restoreProof(document, verificationMethod, created, signature) {
  const proof = { ...optionsOf(document, verificationMethod, created), proofValue: toBase58(signature) };
  return { ...document, proof };
}

export const proofVerifies = (proof, key) => verifies(key, proof.signed, proof.signature);
