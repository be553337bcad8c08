// Status lists as they are published: signed credentials with a compressed string of bits.

import { fromBase64Url } from "./bytes.js";
import { contextUrl, VC_CONTEXT } from "./credential.js";
import { didWeb } from "./domain.js";
import { same } from "./jcs.js";
import { at, parseObject } from "./json.js";
import { readProof } from "./proof.js";
import { readAll } from "./read.js";
import { ENTRIES, listUrl, MESSAGES, purposeMembers } from "./status.js";
import { parseTime } from "./time.js";

export const LIST_BYTES_MAX = 256 * 1024;

/** For how long caches may keep a list, in milliseconds. */
export const LIST_TTL = 3600 * 1000;

const anew = (what) => new Error(`the status list ${what}; the issuer has to publish it anew`);

/** The list as a document. Without `end` it has the form of version 0.1.0, which did not say until when a list counts. */
function toDocument(domain, list, word, issued, end, encodedList) {
  const url = listUrl(domain, list, word);
  const hasMessages = end !== undefined && word === "superseded";
  return {
    "@context": hasMessages ? [VC_CONTEXT, contextUrl(domain)] : [VC_CONTEXT],
    id: url,
    type: ["VerifiableCredential", "BitstringStatusListCredential"],
    issuer: didWeb(domain),
    validFrom: issued,
    ...(end === undefined ? {} : { validUntil: end }),
    credentialSubject: {
      id: `${url}#list`,
      type: "BitstringStatusList",
      encodedList,
      ...purposeMembers(word),
      ...(end === undefined ? {} : { ttl: LIST_TTL }),
      ...(hasMessages ? { statusMessages: MESSAGES } : {}),
    },
  };
}

/** Reads the list that is expected at `listUrl(domain, list, word)`, with its proof, which is not verified. */
export async function parseList(bytes, domain, list, word) {
  const proof = await readProof(parseObject(bytes, LIST_BYTES_MAX));
  const encoded = at(proof.document, "credentialSubject", "encodedList");
  const bits = await decodeBits(typeof encoded === "string" ? encoded : "");
  const end = proof.document.validUntil;
  if (end !== undefined && parseTime(end) === null) throw anew("does not say until when it counts");
  const expected = toDocument(domain, list, word, proof.created, end, encoded);
  if (!same(expected, proof.document) || proof.key.domain !== domain) throw anew("is not the one that the reference names");
  return { proof, issued: proof.created, end, isSet: (index) => (bits[index >> 3] & (0x80 >> (index & 7))) !== 0 };
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
