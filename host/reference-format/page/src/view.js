// The report on the screen. All text goes through textContent: nothing of a file becomes markup.

import { longDate } from "./time.js";
import { answer, explain, OUTCOMES, SUBJECTS, tone } from "./words.js";

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/** Text of a document, kept from turning what stands around it. */
const foreign = (text) => element("bdi", {}, text);

const capitalized = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

const icon = (outcome) => document.getElementById(`icon-${outcome}`).content.cloneNode(true);

/** What to show for a report. `source` is `{ isCode, isJson, hasLogProof, name, pageDomain }`. */
export function reportView(report, source) {
  const { credential } = report;
  const claims = credential === undefined ? [] : [claimsView(credential, report.verdict)];
  const verdict = verdictView(report, source);
  // What is signed stands first where the page that somebody has seen may say something else.
  const parts = report.verdict === "Saved anew" ? [...claims, verdict] : [verdict, ...claims];
  return [...parts, checksView(report)];
}

function verdictView(report, source) {
  const { verdict, credential } = report;
  const domain = credential === undefined ? [] : [domainView(credential.domain, verdict)];
  const [first, ...more] = explain(report, source).map(sentenceView);
  const name = source.name === undefined ? [] : [element("p", { class: "file" }, foreign(source.name))];
  return element("section", { class: `panel verdict ${tone(verdict)}`, "data-verdict": verdict },
    ...name, element("h2", {}, answer(verdict)), first, ...domain, ...more);
}

function sentenceView(sentence) {
  const parts = sentence.split("`").map((part, place) => (place % 2 === 1 ? element("code", {}, part) : part));
  return element("p", {}, ...parts);
}

function domainView(domain, verdict) {
  const isNamedOnly = verdict === "Invalid" || verdict === "Unknown key";
  const before = isNamedOnly ? "It names as its issuer: " : "Issuer: ";
  return element("p", { class: "domain" }, before, element("strong", {}, domain));
}

/** What stands above the claims. */
const TITLES = {
  Silver: "What it confirms",
  "Status unknown": "What it says, if it was not taken back",
  "Saved anew": "What is signed",
};

function claimsView(credential, verdict) {
  const isAccepted = verdict === "Silver";
  const { name, jobTitle, department, start, end, company, domain, issued, id } = credential;
  const rows = [
    ["Position", jobTitle],
    ["Department", department],
    ["Employed", `${longDate(start)} – ${longDate(end)}`],
    ["Issuer", domain],
    ["Calls itself", company],
    ["Date of issue", longDate(issued)],
    ["Number", id.slice("urn:uuid:".length)],
  ].filter(([, text]) => text !== undefined);
  const title = TITLES[verdict] ?? "What it says, not to be relied on";
  const list = rows.flatMap(([label, text]) => [element("dt", {}, label), element("dd", {}, foreign(text))]);
  return element("section", { class: isAccepted ? "panel claims" : "panel claims doubtful" },
    element("h2", { class: "eyebrow" }, title),
    element("p", { class: "name" }, foreign(name)),
    element("dl", {}, ...list));
}

function checksView({ verdict, checks }) {
  const items = checks.map(({ subject, outcome, text }) =>
    element("li", { "data-subject": subject, "data-outcome": outcome },
      icon(outcome),
      element("b", {}, SUBJECTS[subject], element("span", { class: "hidden" }, ` (${OUTCOMES[outcome]})`)),
      element("span", {}, foreign(capitalized(text)))));
  return element("section", { class: "panel" },
    element("h2", { class: "eyebrow" }, "What was checked, and what was not"),
    element("p", { class: "grade" }, "In the words of the program: ", element("strong", {}, verdict)),
    element("ul", { class: "checks" }, ...items));
}

/** What a code says of which only the hash is known. */
export function codeView({ id, digest }, hash) {
  return [
    element("strong", {}, "You followed the code of a reference. "),
    "It names the reference ",
    element("code", {}, id.slice("urn:uuid:".length)),
    " with the hash ",
    element("code", {}, hash(digest)),
    ". Drop the file: this page then says whether it is that one.",
  ];
}
