// What the page asks for, of its own origin only, and only if that is the issuer's.

import { fromUtf8 } from "./bytes.js";
import { isSiteOf } from "./domain.js";
import { KEY_FILE_BYTES_MAX, KEY_FILE_PATH } from "./keys.js";
import { LOG_BYTES_MAX, LOG_DIRECTORY, parseCheckpoint, parseCheckpointNote } from "./log.js";
import { readAll } from "./read.js";
import { LIST_BYTES_MAX } from "./statuslist.js";
import { listPath } from "./status.js";
import { inclusionPath } from "./tree.js";

const HEAD_FILE = "checkpoint";
const HEAD_PATH = `${LOG_DIRECTORY}/${HEAD_FILE}`;
const TIMEOUT = 15_000;
const TILE_BYTES_MAX = 8 * 1024;

/** The domain whose files the page may ask for; null where it was opened from a disk, or without HTTPS. */
export const pageDomain = (location) => (location.protocol === "https:" ? location.host : null);

/** `{ bytes }` of a published file, or `{ why }` there are none. */
async function published(path, bytesMax) {
  const options = { cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" };
  try {
    const response = await fetch(`/${path}`, { ...options, signal: AbortSignal.timeout(TIMEOUT) });
    if ([404, 410].includes(response.status)) return { why: "the issuer does not publish it" };
    if (!response.ok || response.body === null) return { why: `the server answered ${response.status}` };
    return { bytes: await readAll(response.body, bytesMax) };
  } catch (error) {
    return { why: `there was no whole answer (${error.message})` };
  }
}

/** The key file, the status lists for a reference, and the head of the log. */
export async function ask(credential, domain) {
  if (credential === undefined || !isSiteOf(credential.domain, domain)) {
    const why = `this page was not opened from https://${credential?.domain}/verify/`;
    return { keyFile: { why }, revoked: { why }, superseded: { why }, head: { why } };
  }
  const list = (word) => published(listPath(credential.position.list, word), LIST_BYTES_MAX);
  const others = [published(KEY_FILE_PATH, KEY_FILE_BYTES_MAX), published(HEAD_PATH, LOG_BYTES_MAX)];
  const files = [others[0], list("revoked"), list("superseded"), others[1]];
  const [keyFile, revoked, superseded, head] = await Promise.all(files);
  return { keyFile, revoked, superseded, head };
}

/** The log proof of an entry, from the published log. */
export async function publishedLogProof(index) {
  const file = async (path, bytesMax) => {
    const { bytes, why } = await published(`${LOG_DIRECTORY}/${path}`, bytesMax);
    if (bytes === undefined) throw new Error(`the issuer's log cannot be read: ${why}`);
    return bytes;
  };
  const note = parseCheckpointNote(fromUtf8(await file(HEAD_FILE, LOG_BYTES_MAX)) ?? "");
  const { size } = parseCheckpoint(note.text);
  const isThere = index < size;
  return { index, hashes: isThere ? await inclusionPath(index, size, (path) => file(path, TILE_BYTES_MAX)) : [], note };
}
