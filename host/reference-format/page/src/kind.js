// Files that are no reference, by how they begin: what each one is, and what to give instead.

const MARK = [0xef, 0xbb, 0xbf];

const startsWith = (bytes, beginning) => beginning.every((byte, place) => bytes[place] === byte);

const codes = (text) => Array.from(text, (character) => character.charCodeAt(0));

/** The bytes of a text, without the mark that some editors put before it. */
export const withoutMark = (bytes) => (startsWith(bytes, MARK) ? bytes.subarray(MARK.length) : bytes);

export const PDF_WITHOUT_ATTACHMENTS =
  "the PDF does not have the attachments of a reference: it was printed or saved anew by another program, is cut short, or " +
  "is no reference; scan the code on the page, or ask for the file as it was sent";

const PICTURE =
  "the file is a picture: of a page on paper or on a screen only the code can be verified; scan it, or give the PDF";
const ARCHIVE = "the file is an archive or an office document: unpack it, and give the PDF, or the JSON file";
const WIDE = "the file is text in UTF-16: an editor has saved it so; give the file as it was sent, or save it as UTF-8";
const LOG_PROOF = "the file is the log proof of a reference: give the reference itself, and this file with it";
const PAGE = "the file is a web page or XML, and no reference: save the attachment itself, not the page that shows it";

const KINDS = [
  [codes("\x89PNG"), PICTURE], [[0xff, 0xd8, 0xff], PICTURE], [codes("GIF8"), PICTURE], [codes("BM"), PICTURE],
  [codes("II*\0"), PICTURE], [codes("MM\0*"), PICTURE], [codes("PK\x03\x04"), ARCHIVE], [[0x1f, 0x8b], ARCHIVE],
  [[0xff, 0xfe], WIDE], [[0xfe, 0xff], WIDE], [codes("c2sp.org/tlog-proof@"), LOG_PROOF],
];

/** What a file is that cannot be a reference; null if it may be one. */
export function notAReference(bytes) {
  const text = withoutMark(bytes);
  const first = text.findIndex((byte) => ![0x09, 0x0a, 0x0c, 0x0d, 0x20].includes(byte));
  if (first < 0) return "the file is empty: it was not saved whole; save it again, or ask for it anew";
  const known = KINDS.find(([beginning]) => startsWith(bytes, beginning));
  if (known !== undefined) return known[1];
  const at = (place, word) => startsWith(bytes.subarray(place), codes(word));
  if (at(4, "ftyp") || (at(0, "RIFF") && at(8, "WEBP"))) return PICTURE;
  return text[first] === "<".charCodeAt(0) ? PAGE : null;
}
