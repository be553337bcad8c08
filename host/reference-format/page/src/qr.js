// The link of the QR code: `https://DOMAIN/verify/#r1.ID.HASH.SIGNATURE.VALUES`. What is after # stays in the browser. The
// document has one shape, so its values are enough to build it anew; the hash says whether that came out right.

import { equal, fromBase64Url } from "./bytes.js";
import { restoreSigned } from "./credential.js";
import { sibling } from "./domain.js";
import { parseValue } from "./json.js";
import { isSelector } from "./keys.js";
import { isPosition } from "./status.js";

const URL_BYTES_MAX = 850;
const VERSION = "r1";
const VALUES = 11;

const wrong = (what) => new Error(`this is not the link of a reference (${what}); scan the code anew`);

/** `{ id, digest, reference }` of a fragment of a page at `domain`; the reference `{ signed, logIndex }` is there if `domain` and values are. */
export async function parseFragment(fragment, domain) {
  const base = `https://${domain ?? ""}/verify/#`;
  if (base.length + fragment.length > URL_BYTES_MAX) throw wrong("it is too long");
  const parts = fragment.split(".");
  if (parts[0] !== VERSION) throw wrong("it is of another version");
  if (parts.length !== 3 && parts.length !== 5) throw wrong("it has too few or too many parts");
  const [id, digest] = [fromBase64Url(parts[1] ?? "", 16), fromBase64Url(parts[2] ?? "", 32)];
  if (id === null || id[6] >> 4 !== 4 || id[8] >> 6 !== 2) throw wrong("its id is wrong");
  if (digest === null) throw wrong("its hash is wrong");
  const code = { id: uuid(id), digest };
  if (parts.length === 3 || domain === null) return code;
  const signature = fromBase64Url(parts[3], 64);
  if (signature === null) throw wrong("its signature is wrong");
  // The link says neither which form the document has, nor whether the page's address had www. before it; the hash does.
  const of = (name) => restore(name, code.id, signature, parts[4]).catch(() => null);
  const references = (await Promise.all([domain, sibling(domain)].map(of))).filter((found) => found !== null).flat();
  if (references.length === 0) throw wrong("its values are wrong");
  const reference = references.find(({ signed }) => equal(signed.digest, digest));
  if (reference === undefined) throw wrong("its values are not those of its hash, or this is not its issuer’s page");
  return { ...code, reference };
}

function uuid(bytes) {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `urn:uuid:${hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5")}`;
}

async function restore(domain, id, signature, text) {
  const values = parseValue(fromBase64Url(text));
  if (!Array.isArray(values) || values.length !== VALUES) return null;
  const [company, name, jobTitle, department, start, end, issued, list, index, selector, logIndex] = values;
  const position = { list, index };
  const isIndex = Number.isSafeInteger(logIndex) && logIndex >= 0;
  if (!isPosition(position) || !isIndex || typeof selector !== "string" || !isSelector(selector)) return null;
  const credential = {
    id, issued, domain, company, name, start, end, position,
    jobTitle: jobTitle ?? undefined, department: department ?? undefined,
  };
  const forms = await restoreSigned(credential, selector, signature);
  return forms.map((signed) => ({ signed, logIndex: BigInt(logIndex) }));
}
