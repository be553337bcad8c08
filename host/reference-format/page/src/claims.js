// What a reference says: a closed set of texts, each of which looks like what it is.

const TEXT_CHARACTERS_MAX = 400;

// Controls, formats, white space other than the space, private use, noncharacters, letters of which nothing is seen, and
// selectors of another letter's look. Joiners stay, as Persian and Indic names are spelled with them.
const INVISIBLE = new RegExp(
  "[\\p{Cc}\\p{Noncharacter_Code_Point}\\u{ad}\\u{600}-\\u{605}\\u{61c}\\u{6dd}\\u{70f}\\u{890}\\u{891}\\u{8e2}" +
    "\\u{180e}\\u{200b}\\u{200e}\\u{200f}\\u{202a}-\\u{202e}\\u{2060}-\\u{206f}\\u{feff}\\u{fff9}-\\u{fffb}" +
    "\\u{110bd}\\u{110cd}\\u{13430}-\\u{1343f}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}" +
    "\\u{34f}\\u{115f}\\u{1160}\\u{17b4}\\u{17b5}\\u{180b}-\\u{180f}\\u{2800}\\u{3164}\\u{fe00}-\\u{fe0f}\\u{ffa0}" +
    "\\u{e000}-\\u{f8ff}\\u{f0000}-\\u{10ffff}]|(?! )\\p{White_Space}",
  "u",
);

/** Whether a text may stand in a reference. */
export function isClaimText(text) {
  if (typeof text !== "string") return false;
  const { length } = [...text];
  const isSpaced = text.startsWith(" ") || text.endsWith(" ") || text.includes("  ");
  return length > 0 && length <= TEXT_CHARACTERS_MAX && !isSpaced && !INVISIBLE.test(text) && text.normalize() === text;
}

/** Whether the first and the last day are in order, and of years that can be meant. */
export function isPeriod(start, end) {
  return [start, end].every((day) => day >= "1900-01-01" && day <= "2200-12-31") && start <= end;
}
