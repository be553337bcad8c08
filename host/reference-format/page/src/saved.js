// The attachments of a PDF that another program has saved anew. They are found without a PDF parser: each stream is looked
// at by itself, as it is or decompressed. What is found is signed, and what the page shows is not: so this never leads to
// an accepted file.

import { concat, equal, utf8 } from "./bytes.js";
import { CREDENTIAL_BYTES_MAX } from "./credential.js";
import { LOG_BYTES_MAX, LOG_PROOF_START } from "./log.js";
import { readAll } from "./read.js";

const STREAMS_MAX = 20_000;
const CREDENTIAL_START = '{"@context":[';

/** `{ credential, logProof }` of a PDF; null if it has no credential, or several different ones. */
export async function savedAttachments(pdf) {
  const [credentials, logProofs] = [[], []];
  for (const stream of streams(pdf)) {
    await add(credentials, stream, CREDENTIAL_START, CREDENTIAL_BYTES_MAX, "");
    await add(logProofs, stream, LOG_PROOF_START, LOG_BYTES_MAX, "\n");
  }
  if (credentials.length !== 1) return null;
  return { credential: credentials[0], logProof: logProofs.length === 1 ? logProofs[0] : undefined };
}

/** Adds the content of a stream that begins so, unless the list has it. */
async function add(list, stream, beginning, bytesMax, end) {
  const start = utf8(beginning);
  const begins = (bytes) => equal(bytes.subarray(0, start.length), start);
  const bytes = begins(stream) ? stream : await inflated(stream, begins, bytesMax);
  if (bytes === null || bytes.length > bytesMax) return;
  // The line end before `endstream` is not part of the data; a log proof ends with one.
  let length = bytes.length;
  while (length > 0 && [0x09, 0x0a, 0x0c, 0x0d, 0x20].includes(bytes[length - 1])) length -= 1;
  const content = concat(bytes.subarray(0, length), utf8(end));
  if (!list.some((other) => equal(other, content))) list.push(content);
}

/** The data of each stream: from the end of the line with `stream` to the next `endstream`. */
function streams(pdf) {
  const text = new TextDecoder("windows-1252").decode(pdf);
  if (!text.includes("endstream")) return [];
  const [starts, ends] = [[], []];
  for (const { index } of text.matchAll(/stream/g)) {
    if (text.slice(Math.max(0, index - 3), index) === "end") ends.push(index - 3);
    else starts.push(index + "stream".length);
  }
  const found = [];
  let next = 0;
  for (const start of starts) {
    while (next < ends.length && ends[next] < start) next += 1;
    if (next === ends.length || found.length === STREAMS_MAX) break;
    const line = text.startsWith("\r\n", start) ? 2 : text.startsWith("\n", start) ? 1 : 0;
    if (line > 0 && start + line <= ends[next]) found.push(pdf.subarray(start + line, ends[next]));
  }
  return found;
}

/** The decompressed stream, if it is one of zlib that begins so; otherwise null. */
async function inflated(stream, begins, bytesMax) {
  const [method = 0, flags = 0] = stream;
  if ((method & 0x0f) !== 8 || (method * 256 + flags) % 31 !== 0) return null;
  // Which of the last bytes are the line end before `endstream` cannot be seen, and a decompressor takes no byte more.
  for (const cut of [0, 1, 2]) {
    const data = new Blob([stream.subarray(0, stream.length - cut)]).stream();
    const bytes = await readAll(data.pipeThrough(new DecompressionStream("deflate")), bytesMax).catch(() => null);
    if (bytes !== null) return begins(bytes) ? bytes : null;
  }
  return null;
}
