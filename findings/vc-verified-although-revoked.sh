#!/usr/bin/env bash
# @digitalbazaar/vc 7.3.0 with @digitalbazaar/vc-bitstring-status-list 2.0.1 (npm) says `verified: true` of a credential that
# its issuer has revoked.
#
# The function `checkStatus` of the second package is made to be handed to `verifyCredential` of the first. Its result has
# `verified: true` if the status could be read, whatever it is. Whether the bit is set is only in
# `statusResult.results[].status`. Who looks at `verified` alone, as one does without a status, accepts what was revoked.
#
# Installs pinned packages into a folder of its own, issues a credential and a status list with the libraries, and verifies
# the credential with a list in which its bit is clear, and with one in which it is set. Ends with 0 if the behaviour is as
# described, and with 1 if it has changed.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >package.json <<'JSON'
{"private": true, "type": "module"}
JSON
npm install --no-audit --no-fund --silent --save-exact @digitalbazaar/vc-bitstring-status-list@2.0.1 \
    @digitalbazaar/eddsa-jcs-2022-cryptosuite@1.0.0 @digitalbazaar/data-integrity@2.5.0 @digitalbazaar/ed25519-multikey@1.3.1 \
    @digitalbazaar/vc@7.3.0 @digitalbazaar/credentials-context@3.2.0 @digitalbazaar/multikey-context@2.0.1

cat >main.mjs <<'JS'
import { readFileSync } from "node:fs";
import { contexts } from "@digitalbazaar/credentials-context";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import { createSignCryptosuite, createVerifyCryptosuite } from "@digitalbazaar/eddsa-jcs-2022-cryptosuite";
import * as Ed25519Multikey from "@digitalbazaar/ed25519-multikey";
import multikeyContext from "@digitalbazaar/multikey-context";
import { issue, verifyCredential } from "@digitalbazaar/vc";
import { checkStatus, createCredential, createList } from "@digitalbazaar/vc-bitstring-status-list";

const versionOf = (name) => JSON.parse(readFileSync(`node_modules/@digitalbazaar/${name}/package.json`, "utf8")).version;
const issuer = "https://issuer.example/1";
const listUrl = "https://issuer.example/status/1";
const INDEX = 42;
const key = await Ed25519Multikey.generate({ id: `${issuer}#key`, controller: issuer });
const method = await key.export({ publicKey: true });
const known = new Map([...contexts, ...multikeyContext.contexts, [method.id, method]]);
known.set(issuer, {
  "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
  id: issuer, verificationMethod: [method], assertionMethod: [method.id],
});
const documentLoader = async (name) => {
  if (!known.has(name)) throw new Error(`${name} is not known`);
  return { document: structuredClone(known.get(name)), documentUrl: name, contextUrl: null };
};
const sign = (credential) => {
  const suite = new DataIntegrityProof({ signer: key.signer(), cryptosuite: createSignCryptosuite() });
  return issue({ credential, suite, documentLoader });
};

const credential = await sign({
  "@context": ["https://www.w3.org/ns/credentials/v2"], type: ["VerifiableCredential"], issuer,
  credentialSubject: { id: "https://subject.example/" },
  credentialStatus: {
    id: `${listUrl}#${INDEX}`, type: "BitstringStatusListEntry", statusPurpose: "revocation",
    statusListIndex: String(INDEX), statusListCredential: listUrl,
  },
});

async function verdict(isRevoked) {
  const list = await createList({ length: 131072 });
  if (isRevoked) list.setStatus(INDEX, true);
  known.set(listUrl, await sign({ ...(await createCredential({ id: listUrl, list, statusPurpose: "revocation" })), issuer }));
  const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() });
  const { verified, statusResult } = await verifyCredential({ credential, suite, documentLoader, checkStatus });
  return { verified, status: statusResult?.results?.[0]?.status };
}

const [valid, revoked] = [await verdict(false), await verdict(true)];
console.log(`vc ${versionOf("vc")}, vc-bitstring-status-list ${versionOf("vc-bitstring-status-list")}`);
console.log(`the bit is clear:  verified ${valid.verified}, status ${valid.status}`);
console.log(`the bit is set:    verified ${revoked.verified}, status ${revoked.status}`);
const isAsDescribed = valid.verified && valid.status === false && revoked.verified && revoked.status === true;
console.log(isAsDescribed ? "as described" : "the behaviour has changed");
process.exitCode = isAsDescribed ? 0 : 1;
JS
node main.mjs
