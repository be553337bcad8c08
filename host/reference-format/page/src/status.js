// The place of a reference in the issuer's status lists: which pair of lists, and which entry of each.

import { at } from "./json.js";

/** Entries of a list. */
export const ENTRIES = 131_072;

const PURPOSES = { revoked: "revocation", superseded: "message" };
const FIRST_LIST = /^https:\/\/[^/]*\/references\/status\/(0|[1-9][0-9]*)\/revoked\.json$/;

/** The path of a list below the issuer's public folder. `word` is "revoked" or "superseded". */
export const listPath = (list, word) => `references/status/${list}/${word}.json`;

export const listUrl = (domain, list, word) => `https://${domain}/${listPath(list, word)}`;

/** The `statusPurpose`, and the size that the Recommendation asks for with the purpose "message". */
export function purposeMembers(word) {
  const statusPurpose = PURPOSES[word];
  return word === "superseded" ? { statusPurpose, statusSize: 1 } : { statusPurpose };
}

export function isPosition({ list, index }) {
  return [list, index].every(Number.isSafeInteger) && list >= 0 && list < 2 ** 32 && index >= 0 && index < ENTRIES;
}

/** What the values of the purpose "message" mean. */
export const MESSAGES = [{ status: "0x0", message: "current" }, { status: "0x1", message: "superseded" }];

/** The entry in a reference's `credentialStatus`. */
export function statusEntry(domain, { list, index }, word) {
  const url = listUrl(domain, list, word);
  return {
    id: `${url}#${index}`,
    type: "BitstringStatusListEntry",
    statusListIndex: String(index),
    statusListCredential: url,
    ...purposeMembers(word),
    ...(word === "superseded" ? { statusMessage: MESSAGES } : {}),
  };
}

/** Takes the place out of the first entry; null if there is none. The caller compares both with what they should be. */
export function readPosition(entry) {
  const [url, index] = [at(entry, "statusListCredential"), at(entry, "statusListIndex")];
  const list = typeof url === "string" ? FIRST_LIST.exec(url) : null;
  if (list === null || typeof index !== "string" || !/^[0-9]+$/.test(index)) return null;
  const position = { list: Number(list[1]), index: Number(index) };
  return isPosition(position) ? position : null;
}
