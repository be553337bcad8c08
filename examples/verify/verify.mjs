// Verifies an employment reference with nothing of this project and no package: Node alone.
//
//     node verify.mjs REFERENCE.json FOLDER
//
// FOLDER is a copy of what the issuer publishes below https://DOMAIN/. Ends with 0 if the reference is genuine and was
// neither taken back nor replaced. The log proof, the page and DNS are not looked at: `hibob verify` does that.

import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** The bytes of multibase base58btc, of this length. */
function base58(text, length) {
  const number = [...text.slice(1)].reduce((sum, character) => sum * 58n + BigInt(BASE58.indexOf(character)), 0n);
  return Buffer.from(number.toString(16).padStart(length * 2, "0"), "hex");
}

/** RFC 8785, for documents of texts, whole numbers, lists and objects. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

/** The issuer's key with this name, from its key file. */
function keyOf(did, method) {
  const entry = did.verificationMethod.find(({ id }) => id === method);
  if (entry === undefined || entry.revoked !== undefined || !did.assertionMethod.includes(method)) {
    throw new Error(`the issuer publishes no key ${method}`);
  }
  const x = base58(entry.publicKeyMultibase, 34).subarray(2).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

/** eddsa-jcs-2022: the hash of the proof without its value, then the hash of the document without its proof. */
function checkSignature({ proof: { proofValue, ...options }, ...document }, did) {
  const isKnown = options.cryptosuite === "eddsa-jcs-2022";
  if (!isKnown || canonical(options["@context"]) !== canonical(document["@context"])) {
    throw new Error("the proof is of another kind");
  }
  const hashes = [options, document].map((part) => createHash("sha256").update(canonical(part)).digest());
  const fits = verify(null, Buffer.concat(hashes), keyOf(did, options.verificationMethod), base58(proofValue, 64));
  if (!fits) throw new Error("a signature does not fit");
}

/** Bitstring Status List: the entry's bit in a list that the issuer signed and that has not ended. */
function checkStatus(entry, did, folder) {
  const url = entry.statusListCredential;
  const list = JSON.parse(readFileSync(join(folder, new URL(url).pathname), "utf8"));
  checkSignature(list, did);
  const isNow = Date.parse(list.validFrom) <= Date.now() && Date.now() <= Date.parse(list.validUntil);
  if (list.id !== url || !isNow) throw new Error(`the list ${url} is another one, or has ended`);
  const bits = gunzipSync(Buffer.from(list.credentialSubject.encodedList.slice(1), "base64url"));
  const index = Number(entry.statusListIndex);
  if ((bits[index >> 3] & (0x80 >> (index & 7))) !== 0) {
    throw new Error(entry.statusPurpose === "revocation" ? "taken back" : "replaced by a newer one");
  }
}

const [, , reference, folder] = process.argv;
try {
  const signed = JSON.parse(readFileSync(reference, "utf8"));
  const did = JSON.parse(readFileSync(join(folder, ".well-known/did.json"), "utf8"));
  const issuer = signed.issuer.id;
  if (did.id !== issuer || !signed.proof.verificationMethod.startsWith(`${issuer}#`)) {
    throw new Error("the key is not the issuer's");
  }
  checkSignature(signed, did);
  for (const entry of signed.credentialStatus) checkStatus(entry, did, folder);
  const { name, employmentStartDate, employmentEndDate } = signed.credentialSubject;
  console.log(`genuine: ${issuer} says that ${name} worked there from ${employmentStartDate} to ${employmentEndDate}`);
} catch (error) {
  console.error(`not accepted: ${error.message}`);
  process.exitCode = 1;
}
