// Compares the page's report with the program's, verdict and outcome of each check, for every case that the program wrote
// (host/reference-format/tests/page/cases.rs). Run by `cargo test -p hibob-reference-format --test page`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { modules } from "./built.mjs";

const { openDocument } = modules["./document.js"];
const { verify } = modules["./verify.js"];
const { parseWitness } = modules["./note.js"];
const { parseFragment } = modules["./qr.js"];

const folder = process.env.SAMPLES;
// Whether the tests run at length (tests/depth).
const isDeep = !["", "0", undefined].includes(process.env.HIBOB_DEEP);
const { cases, links } = JSON.parse(readFileSync(`${folder}/cases.json`, "utf8"));
const PARTS = ["document", "logProof", "keyFile", "givenKeyFile", "revoked", "superseded", "head"];

function partsOf(names, change) {
  const parts = {};
  for (const part of PARTS.filter((name) => name in names)) {
    parts[part] = new Uint8Array(readFileSync(`${folder}/${names[part]}`));
    if (change?.part === part) parts[part][change.place] = change.byte;
  }
  return parts;
}

async function reportOf({ parts: names, now, witnesses }, change) {
  const { document, logProof, givenKeyFile, ...published } = partsOf(names, change);
  const answer = (bytes) => (bytes === undefined ? { why: "the issuer does not publish it" } : { bytes });
  const report = await verify(await openDocument(document, logProof), {
    now: Date.parse(now),
    keyFile: answer(published.keyFile),
    revoked: answer(published.revoked),
    superseded: answer(published.superseded),
    head: answer(published.head),
    givenKeyFile,
    witnesses: { keys: await Promise.all(witnesses.keys.map(parseWitness)), required: witnesses.required },
  });
  const checks = report.checks.map(({ subject, outcome }) => [subject, outcome]);
  return { verdict: report.verdict, checks, isWitnessed: report.isWitnessed };
}

for (const one of cases) {
  test(one.name, async () => {
    for (const { change, report } of one.expected) {
      assert.deepEqual(await reportOf(one, change), report, `${one.name} ${JSON.stringify(change)}`);
    }
  });
}

test("there are cases of every verdict but Gold, and enough of them", () => {
  const verdicts = cases.flatMap(({ expected }) => expected.map(({ report }) => report.verdict));
  const kinds = ["Invalid", "Not in log", "Revoked", "Saved anew", "Silver", "Status unknown", "Superseded", "Unknown key"];
  assert.deepEqual([...new Set(verdicts)].sort(), kinds);
  for (const name of ["json", "pdf", "proof", "key file", "revoked list", "superseded list"]) {
    const { expected } = cases.find((one) => one.name === `tampered ${name}`);
    assert.ok(expected.length > (isDeep ? 300 : 60), name);
    // A changed document or list is never accepted. A changed key file may leave the verdict as it is.
    const isAccepted = expected.some(({ report }) => report.verdict === "Silver");
    assert.equal(isAccepted, name === "key file", name);
  }
});

test("a link holds what the program reads of it", async () => {
  for (const { url, id, logIndex } of links) {
    const code = await parseFragment(url.slice(url.indexOf("#") + 1), "acme.example").catch(() => null);
    const { id: readId = null, reference } = code ?? {};
    assert.deepEqual([readId, reference?.logIndex.toString() ?? null], [id, logIndex], url);
  }
  assert.ok(links.filter(({ id }) => id === null).length > 500 && links.filter(({ logIndex }) => logIndex !== null).length > 5);
});

test("a file that promises much and holds nothing is refused in no time", async () => {
  const bytes = (text) => new TextEncoder().encode(text);
  const started = Date.now();
  for (const text of [
    `%PDF-1.7\n${"stream\n".repeat(500_000)}`,
    `%PDF-1.7\n${'stream\n{"@context":['.repeat(200_000)}`,
    `%PDF-1.7\nstream\n{"@context":[${"[".repeat(3_000_000)}\nendstream`,
    `{"a":"${"\\\\".repeat(30_000)}`,
    "[".repeat(60_000),
  ]) {
    assert.notEqual((await openDocument(bytes(text))).error, undefined);
  }
  assert.ok(Date.now() - started < 2_000);
});
