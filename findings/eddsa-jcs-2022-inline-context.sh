#!/usr/bin/env bash
# @digitalbazaar/eddsa-jcs-2022-cryptosuite 1.0.0 (npm) refuses what it has signed itself, if the document's @context has an
# object in it, as VC Data Model 2.0 (section 4.3) allows.
#
# Data Integrity EdDSA Cryptosuites 1.0, section 3.3.2, asks that the document's @context starts with the values of the
# proof's. The library compares the entries with `!==`. Two objects that were read from JSON are never identical, however
# equal they are, so that no such document verifies once it was stored or sent. With texts only, all is well.
#
# Installs pinned packages into a folder of its own, issues two credentials with the library, sends them through JSON, and
# verifies them with the library. Ends with 0 if the behaviour is as described, and with 1 if it has changed.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >package.json <<'JSON'
{"private": true, "type": "module"}
JSON
npm install --no-audit --no-fund --silent --save-exact @digitalbazaar/eddsa-jcs-2022-cryptosuite@1.0.0 \
    @digitalbazaar/data-integrity@2.5.0 @digitalbazaar/ed25519-multikey@1.3.1 @digitalbazaar/vc@7.3.0 \
    @digitalbazaar/credentials-context@3.2.0 @digitalbazaar/multikey-context@2.0.1

cat >main.mjs <<'JS'
import { readFileSync } from "node:fs";
import { contexts } from "@digitalbazaar/credentials-context";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import { createSignCryptosuite, createVerifyCryptosuite } from "@digitalbazaar/eddsa-jcs-2022-cryptosuite";
import * as Ed25519Multikey from "@digitalbazaar/ed25519-multikey";
import multikeyContext from "@digitalbazaar/multikey-context";
import { issue, verifyCredential } from "@digitalbazaar/vc";

const { version } = JSON.parse(readFileSync("node_modules/@digitalbazaar/eddsa-jcs-2022-cryptosuite/package.json", "utf8"));
const issuer = "https://issuer.example/1";
const terms = { favouriteColour: "https://issuer.example/terms#favouriteColour" };
const url = "https://issuer.example/terms";
const key = await Ed25519Multikey.generate({ id: `${issuer}#key`, controller: issuer });
const method = await key.export({ publicKey: true });
const known = new Map([...contexts, ...multikeyContext.contexts, [url, { "@context": terms }]]);
known.set(method.id, method);
known.set(issuer, {
  "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
  id: issuer, verificationMethod: [method], assertionMethod: [method.id],
});
const documentLoader = async (name) => {
  if (!known.has(name)) throw new Error(`${name} is not known`);
  return { document: structuredClone(known.get(name)), documentUrl: name, contextUrl: null };
};

async function verdict(context) {
  const credential = {
    "@context": ["https://www.w3.org/ns/credentials/v2", context], type: ["VerifiableCredential"], issuer,
    credentialSubject: { id: "https://subject.example/", favouriteColour: "green" },
  };
  const signer = new DataIntegrityProof({ signer: key.signer(), cryptosuite: createSignCryptosuite() });
  const signed = await issue({ credential, suite: signer, documentLoader });
  const received = JSON.parse(JSON.stringify(signed));
  const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() });
  const { verified, error } = await verifyCredential({ credential: received, suite, documentLoader });
  return { verified, why: error?.errors?.[0]?.message ?? error?.message };
}

const [text, object] = [await verdict(url), await verdict(terms)];
console.log(`eddsa-jcs-2022-cryptosuite ${version}`);
console.log(`@context of texts only:      verified ${text.verified}`);
console.log(`@context with an object:     verified ${object.verified}, "${object.why}"`);
const isAsDescribed = text.verified && !object.verified && /does not start with/.test(object.why);
console.log(isAsDescribed ? "as described" : "the behaviour has changed");
process.exitCode = isAsDescribed ? 0 : 1;
JS
node main.mjs
