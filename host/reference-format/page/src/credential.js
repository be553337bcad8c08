// The document: a W3C Verifiable Credential 2.0 in exactly one shape. It is read by taking its values out, building it
// anew from them, and comparing: whatever is missing, added or written in another way is found.

import { sha256, utf8 } from "./bytes.js";
import { isClaimText, isPeriod } from "./claims.js";
import { didWeb, fromDidWeb } from "./domain.js";
import { canonical, same } from "./jcs.js";
import { at, parseObject } from "./json.js";
import { readProof, restoreProof } from "./proof.js";
import { readPosition, statusEntry } from "./status.js";
import { isDate, parseTime } from "./time.js";

export const CREDENTIAL_BYTES_MAX = 64 * 1024;
export const VC_CONTEXT = "https://www.w3.org/ns/credentials/v2";
const TYPE = "EmploymentReferenceCredential";
const ID = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Where the terms are defined: at a URL of the issuer, or, in what version 0.1.0 issued, in the document. */
const FORMS = ["linked", "inline"];

const TERMS = {
  [TYPE]: "urn:uuid:086ca9a4-4cb1-4ed4-9d80-fc5080e10158",
  jobTitle: "https://schema.org/jobTitle",
  department: "https://schema.org/department",
  employmentStartDate: "https://schema.org/startDate",
  employmentEndDate: "https://schema.org/endDate",
};

/** The URL of an issuer's definitions of terms. */
export const contextUrl = (domain) => `https://${domain}/.well-known/employment-reference-v1.json`;

/** The document of a credential, without its proof. */
function toDocument(credential) {
  const { id, issued, domain, company, name, jobTitle, department, start, end, position, form } = credential;
  const optional = Object.entries({ jobTitle, department }).filter(([, text]) => text !== undefined);
  return {
    "@context": [VC_CONTEXT, form === "inline" ? TERMS : contextUrl(domain)],
    id,
    type: ["VerifiableCredential", TYPE],
    issuer: { id: didWeb(domain), name: company },
    validFrom: issued,
    credentialStatus: ["revoked", "superseded"].map((word) => statusEntry(domain, position, word)),
    credentialSubject: { name, ...Object.fromEntries(optional), employmentStartDate: start, employmentEndDate: end },
  };
}

const missing = (what) =>
  new Error(`the reference's ${what} is missing or cannot be read; it was changed, or comes from another program`);

/** The values, each within its limits. */
function checked(credential) {
  const { id, issued, domain, company, name, jobTitle = name, department = name, start, end, position } = credential;
  const texts = { "issuer name": company, name, jobTitle, department };
  for (const [what, text] of Object.entries(texts)) if (!isClaimText(text)) throw missing(what);
  if (typeof id !== "string" || !ID.test(id)) throw missing("id");
  if (parseTime(issued) === null) throw missing("validFrom");
  if (domain === null) throw missing("issuer");
  if (position === null) throw missing("credentialStatus");
  if (!isDate(start) || !isDate(end) || !isPeriod(start, end)) throw missing("period of employment");
  return credential;
}

function fromDocument(document) {
  const domain = fromDidWeb(at(document, "issuer", "id"));
  const subject = document.credentialSubject;
  const credential = checked({
    id: document.id,
    issued: document.validFrom,
    domain,
    company: at(document, "issuer", "name"),
    name: at(subject, "name"),
    jobTitle: at(subject, "jobTitle"),
    department: at(subject, "department"),
    start: at(subject, "employmentStartDate"),
    end: at(subject, "employmentEndDate"),
    position: readPosition(at(document, "credentialStatus", 0)),
    form: typeof at(document, "@context", 1) === "string" ? "linked" : "inline",
  });
  if (!same(toDocument(credential), document)) {
    throw new Error("the reference is not as its schema says; it was changed, or comes from another program");
  }
  return credential;
}

/** A reference with a proof of the right form: `{ credential, proof, digest }`. Whether it holds is still open. */
export const parseSigned = (bytes) => fromSigned(parseObject(bytes, CREDENTIAL_BYTES_MAX));

async function fromSigned(document) {
  const proof = await readProof(document);
  const credential = fromDocument(proof.document);
  const foreign = (what) =>
    new Error(`the proof's ${what} is not the reference's own; it was changed, or taken from another reference`);
  if (proof.key.domain !== undefined && proof.key.domain !== credential.domain) throw foreign("key");
  if (proof.created !== credential.issued) throw foreign("time");
  return { credential, proof, digest: await sha256(utf8(canonical(document))) };
}

/** The references that these values and this signature can be: one for each form. */
export async function restoreSigned(credential, selector, signature) {
  const method = `${didWeb(credential.domain)}#${selector}`;
  const inForm = (form) => {
    const document = toDocument(checked({ ...credential, form }));
    return parseSigned(utf8(canonical(restoreProof(document, method, credential.issued, signature))));
  };
  return Promise.all(FORMS.map(inForm));
}
