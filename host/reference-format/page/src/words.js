// What a verdict means, in plain words.

import { isSiteOf } from "./domain.js";

/** What a verdict answers to "Is it genuine?". */
export const answer = (verdict) =>
  ({ Silver: "Genuine", Revoked: "Not genuine", Invalid: "Not genuine" })[verdict] ?? "Cannot tell";

/** How an answer is coloured. */
export const tone = (verdict) => ({ Genuine: "good", "Not genuine": "bad" })[answer(verdict)] ?? "warn";

/** What a check is called. */
export const SUBJECTS = {
  document: "File",
  "dns-record": "Key in DNS",
  "key-file": "Key file",
  signature: "Signature",
  page: "The PDF page",
  log: "Public log",
  witnesses: "Witnesses",
  revocation: "Taken back?",
  supersession: "Replaced?",
};

/** What an outcome is called, for those who cannot see its sign. */
export const OUTCOMES = { good: "holds", bad: "does not hold", "not-checked": "not checked" };

const WORDS = {
  "Saved anew": (domain) => [
    `What is above is signed by ${domain}, but this page was saved anew: compare it, word by word.`,
    "Or ask for the PDF file as it was sent.",
  ],
  "Status unknown": (domain) => [
    `It is genuine, but whether ${domain} took it back or replaced it is unknown.`,
    `Try again later, or ask ${domain}.`,
  ],
  Superseded: (domain) => [`${domain} has replaced this reference by a newer one. Ask for that one.`],
  "Not in log": (domain) => [
    `It is signed, but not shown to be in the public log of ${domain}, so it may have been dated back.`,
  ],
  Revoked: (domain) => [`${domain} took this reference back. Do not rely on it.`],
  "Unknown key": () => [
    "Nobody but the document itself says who signed it. Anyone can write a company’s name beside a key of their own.",
  ],
  Invalid: () => ["It was changed, or it is not by who it says. Do not rely on it."],
};

/** The sentences below a verdict. What is between backticks is to be typed. */
export function explain({ verdict, keyFrom, credential, checks }, source) {
  const domain = credential?.domain;
  if (verdict === "Silver") return explainSilver(domain, keyFrom, source);
  return [...WORDS[verdict](domain), ...nextSteps(verdict, domain, checks, source)];
}

function explainSilver(domain, keyFrom, source) {
  const what = source.isCode ? "What the code says is" : "The file is";
  const first =
    keyFrom === "chosen"
      ? `${what} unchanged and signed with the key from the file you chose. It is worth as much as the way that file came to you.`
      : `${what} unchanged and signed with the key that ${domain} publishes.`;
  const paper = source.isCode ? ["Compare every word on the paper with what is below: only this is signed."] : [];
  const gold = "DNS was not asked: a web page cannot. The program asks it, and may find Gold: `hibob verify FILE`";
  return [first, ...paper, gold];
}

function nextSteps(verdict, domain, checks, source) {
  if (verdict === "Unknown key" && !isSiteOf(domain, source.pageDomain)) {
    return [
      `This page did not come from ${domain}, so it could not ask for its keys. If you know ${domain} to be the company’s ` +
        `own domain, type \`https://${domain}/verify/\` and drop the file there, or choose the company’s key file below.`,
    ];
  }
  const lacksProof = source.isJson && !source.hasLogProof;
  if (verdict === "Not in log" && lacksProof) return ["Add the `.tlog-proof` file that came with it: drop it here, too."];
  return [];
}
