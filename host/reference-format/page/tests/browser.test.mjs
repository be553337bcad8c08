// The page in Chromium, with the issuer's folder served over HTTPS. Run by `cargo test -p hibob-reference-format --test page`.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, beforeEach } from "node:test";
import { pathToFileURL } from "node:url";
import { browse, serve } from "./browser.mjs";

const SITE = "https://acme.example/verify/";
const folder = process.env.SAMPLES;
const file = (name) => join(folder, "files", name);
const link = (name) => readFileSync(file(`${name}.url`), "utf8");
const keyFile = join(folder, "site/.well-known/did.json");

let server;
let browser;
let page;

before(async () => {
  server = await serve(join(folder, "site"));
  browser = await browse(server.port);
});

beforeEach(async () => {
  page = await browser.newPage();
  server.asked.length = 0;
});

after(async () => {
  await browser.close();
  server.close();
});

async function outcomes() {
  const list = "[...document.querySelectorAll('.checks li')].map((one) => [one.dataset.subject, one.dataset.outcome])";
  return Object.fromEntries(await page.value(list));
}

test("a PDF on the issuer's own page is Silver, and only what is published is asked for", async () => {
  await page.open(SITE);
  await page.choose("files", [file("zoe.pdf")]);
  assert.equal(await page.answer(), "Genuine");
  assert.equal(await page.verdict(), "Silver");
  const text = await page.text();
  assert.ok(text.indexOf("Genuine") < text.indexOf("Silver"), text);
  for (const word of ["acme.example", "Zoë Łukasz-O'Neil", "Senior Engineer", "1 March 2019 – 31 January 2025", "hibob verify FILE"]) {
    assert.ok(text.includes(word), word);
  }
  const expected = { "dns-record": "not-checked", page: "good", log: "good", witnesses: "not-checked", revocation: "good" };
  const found = await outcomes();
  for (const [subject, outcome] of Object.entries(expected)) assert.equal(found[subject], outcome, subject);
  const published = [
    "/.well-known/did.json", "/references/log/checkpoint", "/references/status/1/revoked.json",
    "/references/status/1/superseded.json",
  ];
  assert.deepEqual(server.asked.filter((path) => path !== "/favicon.ico").sort(), [...published, "/verify/"].sort());
});

test("what is dropped is read, and a proof that comes later is taken in", async () => {
  await page.open(SITE);
  await page.drop([file("hebrew.json"), file("hebrew.tlog-proof")]);
  assert.equal(await page.verdict(), "Silver");
  await page.drop([file("zoe.json")]);
  assert.equal(await page.verdict(), "Not in log");
  await page.says(".verdict", /\.tlog-proof/);
  await page.drop([file("zoe.tlog-proof")]);
  assert.equal(await page.verdict(), "Silver");
  await page.drop([file("zoe.json"), file("hebrew.json")]);
  await page.says("#problem", /one reference at a time/);
});

test("revoked, superseded and changed references are told", async () => {
  await page.open(SITE);
  const told = [["revoked.pdf", "Revoked", "Not genuine"], ["superseded.pdf", "Superseded", "Cannot tell"]];
  for (const [name, verdict, answer] of told) {
    await page.choose("files", [file(name)]);
    assert.equal(await page.verdict(), verdict);
    assert.equal(await page.answer(), answer);
    await page.says(".verdict", /acme\.example/);
  }
  const bytes = readFileSync(file("zoe.pdf"));
  bytes[bytes.length / 2 | 0] ^= 1;
  writeFileSync(file("changed.pdf"), bytes);
  await page.choose("files", [file("changed.pdf")]);
  assert.equal(await page.verdict(), "Saved anew");
  assert.equal(await page.answer(), "Cannot tell");
  const text = await page.text("#result");
  assert.ok(text.indexOf("Zoë") < text.indexOf("compare it"), text);
  await page.choose("files", [keyFile]);
  assert.equal(await page.verdict(), "Invalid");
});

test("no answer of the site leads to a revoked reference that is accepted", async () => {
  const ways = JSON.parse(readFileSync(join(folder, "ways.json"), "utf8"));
  const wrong = [];
  for (const { name, answers, verdicts } of ways) {
    for (const [number, expected] of verdicts.entries()) {
      const replies = answers[number].map(({ host, path, reply }) => {
        const bytes = reply.file === undefined ? undefined : readFileSync(join(folder, reply.file));
        // A file is the same at both names; a redirect is of one.
        return { host, path, isOfAll: reply.location === undefined, reply: { ...reply, bytes } };
      });
      server.replies.splice(0, Infinity, ...replies);
      await page.open(SITE);
      await page.choose("files", [file("zoe.pdf")]);
      const verdict = await page.verdict();
      if (verdict !== expected) wrong.push(`${name}: ${verdict}, not ${expected}`);
      const answer = { Silver: "Genuine", Revoked: "Not genuine" }[expected] ?? "Cannot tell";
      assert.equal(await page.answer(), answer, name);
      if (expected === "Status unknown") {
        const color = await page.value("document.querySelector('.verdict').className");
        assert.ok(color.includes("warn"), name);
      }
    }
  }
  server.replies.splice(0, Infinity);
  assert.deepEqual(wrong, []);
});

test("texts of a document never become markup", async () => {
  await page.open(SITE);
  await page.choose("files", [file("markup.json"), file("markup.tlog-proof")]);
  assert.equal(await page.verdict(), "Silver");
  await page.says(".claims", /<img src=x onerror=alert\(1\)>[\s\S]*<\/script><b>[\s\S]*&lt;i&gt;/);
  assert.equal(await page.value("document.querySelectorAll('#result img, #result script, #result i').length"), 0);
  const isRefused = "try { document.body.innerHTML = 'x'; false } catch { true }";
  assert.equal(await page.value(isRefused), true);
});

test("elsewhere the key is unknown, and one from a chosen file is told as such", async () => {
  for (const url of ["https://other.example/verify/", pathToFileURL(join(folder, "site/verify/index.html")).href]) {
    server.asked.length = 0;
    await page.open(url);
    await page.choose("files", [file("zoe.pdf")]);
    assert.equal(await page.verdict(), "Unknown key");
    await page.says(".verdict", /did not come from acme\.example[\s\S]*https:\/\/acme\.example\/verify\//);
    assert.ok(server.asked.every((path) => ["/verify/", "/favicon.ico"].includes(path)), server.asked);
    assert.equal(await page.answer(), "Cannot tell");
    await page.choose("keys", [keyFile]);
    // The lists are not asked for from elsewhere.
    assert.equal(await page.verdict(), "Status unknown");
    assert.equal(await page.answer(), "Cannot tell");
    await page.says(".verdict", /genuine, but whether acme\.example took it back or replaced it is unknown/);
    await page.says(".checks", /fits the key in the file you chose/);
    await page.value("document.getElementById('result').replaceChildren(), document.getElementById('nokeys').click()");
    assert.equal(await page.verdict(), "Unknown key");
  }
});

test("a code is followed to the log, and a file is compared with it", async () => {
  await page.open(link("zoe"));
  assert.equal(await page.verdict(), "Silver");
  await page.says(".verdict", /Compare every word on the paper/);
  assert.equal((await outcomes()).log, "good");
  assert.ok(server.asked.some((path) => path.startsWith("/references/log/tile/0/")));
  await page.choose("files", [file("zoe.pdf")]);
  assert.equal(await page.verdict(), "Silver");
  await page.says("#code", /is the reference of the code/);
  await page.choose("files", [file("hebrew.pdf")]);
  assert.equal(await page.verdict(), "Silver");
  await page.says("#code", /is not the reference of the code/);
  await page.open(link("revoked"));
  assert.equal(await page.verdict(), "Revoked");
});

test("a short code, a foreign code and a broken code say what they can", async () => {
  await page.open(link("long"));
  await page.says("#code", /7f3c9a52-0d1e-4c5b-9a7e-2f5d00000008[\s\S]*Drop the file/);
  await page.open(link("zoe").replace("acme.example", "other.example"));
  await page.says("#problem", /values are not those of its hash/);
  await page.open(`${SITE}#r9.x`);
  await page.says("#problem", /another version/);
});

test("without Ed25519 in the browser the verdicts are the same", async () => {
  const source = `for (const name of ["importKey", "verify"]) {
    SubtleCrypto.prototype[name] = () => Promise.reject(new DOMException("Unrecognized name", "NotSupportedError"));
  }`;
  await page.send("Page.enable");
  await page.send("Page.addScriptToEvaluateOnNewDocument", { source });
  await page.open(SITE);
  await page.choose("files", [file("zoe.pdf")]);
  assert.equal(await page.verdict(), "Silver");
  await page.choose("files", [file("changed.pdf")]);
  assert.equal(await page.verdict(), "Saved anew");
});

test("a witness that the page trusts confirms the order; a wrong list of them stops the page", async () => {
  const html = readFileSync(join(folder, "site/verify/index.html"), "utf8");
  const key = readFileSync(file("witness.key"), "utf8");
  const openWith = async (keys) => {
    const config = JSON.stringify({ keys, required: keys.length });
    writeFileSync(join(folder, "site/verify/witnessed.html"), html.replace('{"keys": [], "required": 0}', config));
    await page.open(`${SITE}witnessed.html`);
  };
  await openWith([key]);
  await page.choose("files", [file("zoe.json"), file("witnessed.tlog-proof")]);
  assert.equal(await page.verdict(), "Silver");
  assert.equal((await outcomes()).witnesses, "good");
  await page.choose("files", [file("zoe.pdf")]);
  assert.equal(await page.verdict(), "Not in log");
  await openWith(["x"]);
  await page.says("#problem", /Nothing was checked/);
  assert.equal(await page.value("document.getElementById('drop').hidden"), true);
});

test("it works with the keyboard alone", async () => {
  await page.open(SITE);
  await page.send("Input.dispatchKeyEvent", { type: "keyDown", key: "Tab", windowsVirtualKeyCode: 9 });
  assert.equal(await page.value("document.activeElement.id"), "files");
});

test("never is anything Gold", async () => {
  const shown = readFileSync(join(folder, "site/verify/index.html"), "utf8");
  assert.ok(!/"gold"|"Gold"/.test(shown));
});
