// Status lists as they are published: signed credentials with a compressed string of bits.

import { fromBase64Url } from "./bytes.js";
import { VC_CONTEXT } from "./credential.js";
import { didWeb } from "./domain.js";
import { same } from "./jcs.js";
import { at, parseObject } from "./json.js";
import { readProof } from "./proof.js";
import { readAll } from "./read.js";
import { ENTRIES, listUrl, purposeMembers } from "./status.js";

export const LIST_BYTES_MAX = 256 * 1024;

const anew = (what) => new Error(`the status list ${what}; the issuer has to publish it anew`);

function toDocument(domain, list, word, issued, encodedList) {
  const url = listUrl(domain, list, word);
  return {
    "@context": [VC_CONTEXT],
    id: url,
    type: ["VerifiableCredential", "BitstringStatusListCredential"],
    issuer: didWeb(domain),
    validFrom: issued,
    credentialSubject: { id: `${url}#list`, type: "BitstringStatusList", encodedList, ...purposeMembers(word) },
  };
}

/** Reads the list that is expected at `listUrl(domain, list, word)`, with its proof, which is not verified. */
export async function parseList(bytes, domain, list, word) {
  const proof = await readProof(parseObject(bytes, LIST_BYTES_MAX));
  const encoded = at(proof.document, "credentialSubject", "encodedList");
  const bits = await decodeBits(typeof encoded === "string" ? encoded : "");
  const expected = toDocument(domain, list, word, proof.created, encoded);
  if (!same(expected, proof.document) || proof.key.domain !== domain) throw anew("is not the one that the reference names");
  return { proof, issued: proof.created, isSet: (index) => (bits[index >> 3] & (0x80 >> (index & 7))) !== 0 };
}

/** The bits of an `encodedList`. No more than a list's size is ever decompressed. */
async function decodeBits(text) {
  const gzip = text.startsWith("u") ? fromBase64Url(text.slice(1)) : null;
  if (gzip === null) throw anew("is not in base64url with a leading u");
  const stream = new Blob([gzip]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bits = await readAll(stream, ENTRIES / 8).catch(() => null);
  if (bits?.length !== ENTRIES / 8) throw anew(`cannot be decompressed, or has not ${ENTRIES} entries`);
  return bits;
}
