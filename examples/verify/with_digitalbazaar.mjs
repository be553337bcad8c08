// Verifies an employment reference with Digital Bazaar's libraries, verifiers of others. Arguments and exit code as
// `verify.mjs`. Beside the signatures, every document has to be JSON-LD of which each term is defined ("safe mode").

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { contexts } from "@digitalbazaar/credentials-context";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import { createVerifyCryptosuite } from "@digitalbazaar/eddsa-jcs-2022-cryptosuite";
import multikeyContext from "@digitalbazaar/multikey-context";
import { verifyCredential } from "@digitalbazaar/vc";
import { checkStatus } from "@digitalbazaar/vc-bitstring-status-list";
import didContext from "did-context";
import jsonld from "jsonld";

const [, , reference, folder] = process.argv;
const known = new Map([...contexts, ...multikeyContext.contexts, ...didContext.contexts]);
const published = (url) => JSON.parse(readFileSync(join(folder, new URL(url).pathname), "utf8"));

/** Contexts, the issuer's key file and its keys, and whatever else it publishes. */
async function documentLoader(url) {
  const document = known.get(url) ?? (url.startsWith("did:web:") ? ofDid(url) : published(url));
  return { document, documentUrl: url, contextUrl: null };
}

function ofDid(url) {
  const [did, key] = url.split("#");
  const document = published(`https://${did.slice("did:web:".length)}/.well-known/did.json`);
  if (document.id !== did) throw new Error(`the key file is that of ${document.id}`);
  if (key === undefined) return document;
  const method = document.verificationMethod.find(({ id }) => id === url);
  if (method === undefined) throw new Error(`the issuer publishes no key ${url}`);
  return { "@context": document["@context"].slice(1), ...method };
}

/** Fails if a term is not defined. */
const assertDefined = (document) => jsonld.expand(document, { safe: true, documentLoader });

try {
  const credential = JSON.parse(readFileSync(reference, "utf8"));
  const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() });
  const result = await verifyCredential({ credential, suite, checkStatus, documentLoader });
  if (!result.verified) throw result.error?.errors?.[0] ?? result.error ?? new Error("it is not verified");
  // The library reads the statuses, and leaves to its caller what they mean: it says "verified" of what was revoked, too.
  for (const { credentialStatus, status } of result.statusResult.results) {
    if (status) throw new Error(`taken back or replaced (${credentialStatus.statusPurpose})`);
  }
  const lists = credential.credentialStatus.map(({ statusListCredential }) => published(statusListCredential));
  for (const document of [credential, ...lists, ofDid(credential.issuer.id)]) await assertDefined(document);
  console.log(`genuine: ${credential.issuer.id} says that ${credential.credentialSubject.name} worked there`);
} catch (error) {
  console.error(`not accepted: ${error.message}`);
  process.exitCode = 1;
}
