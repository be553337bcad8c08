// The page: takes files and codes, asks, and shows the report.

import { equal, toBase64Url, utf8 } from "./bytes.js";
import { openDocument } from "./document.js";
import { isSiteOf } from "./domain.js";
import { KEY_FILE_BYTES_MAX } from "./keys.js";
import { LOG_PROOF_START } from "./log.js";
import { parseWitness } from "./note.js";
import { isPdf, PDF_BYTES_MAX } from "./pdf.js";
import { parseFragment } from "./qr.js";
import { ask, pageDomain, publishedLogProof } from "./sources.js";
import { verify } from "./verify.js";
import { codeView, reportView } from "./view.js";

const byId = (id) => document.getElementById(id);
const domain = pageDomain(location);
const given = { code: null, file: null, logProof: undefined, keyFile: undefined };
let witnesses;
let runs = 0;

const problem = (text) => {
  byId("problem").textContent = text;
  byId("problem").hidden = text === "";
};

const codeNotice = (kind, ...content) => {
  byId("code").className = `notice ${kind}`;
  byId("code").replaceChildren(...content);
  byId("code").hidden = content.length === 0;
};

/** Shows what is known now, unless something newer came in between. */
async function update() {
  runs += 1;
  const run = runs;
  const { code, file, logProof, keyFile } = given;
  const opened = await openGiven();
  if (opened !== null) {
    const answers = await ask(opened.signed?.credential, domain);
    const report = await verify(opened, { ...answers, now: Date.now(), givenKeyFile: keyFile, witnesses });
    const isJson = file !== null && !isPdf(file.bytes);
    const source = { isCode: file === null, isJson, hasLogProof: logProof !== undefined, name: file?.name };
    if (run !== runs) return;
    byId("result").replaceChildren(...reportView(report, { ...source, pageDomain: domain }));
    byId("drop").classList.add("small");
    byId("result").focus({ preventScroll: true });
  }
  if (run === runs) compare(code, file, opened);
}

/** The file, or else the reference of the code. */
async function openGiven() {
  const { code, file, logProof } = given;
  if (file !== null) return openDocument(file.bytes, logProof);
  if (code?.reference === undefined) return null;
  const { signed, logIndex } = code.reference;
  const isAsked = isSiteOf(signed.credential.domain, domain);
  return { signed, readLogProof: isAsked ? () => publishedLogProof(logIndex) : undefined, pdf: null };
}

/** Says whether the file is the one of the code. */
function compare(code, file, opened) {
  if (code === null) return codeNotice("");
  if (file === null) return code.reference ? codeNotice("") : codeNotice("", ...codeView(code, toBase64Url));
  const isSame = opened.signed !== undefined && equal(opened.signed.digest, code.digest);
  if (isSame) return codeNotice("", "The file is the reference of the code that you followed.");
  return codeNotice("bad", "The file is not the reference of the code that you followed.");
}

async function take(files) {
  problem("");
  const read = [];
  for (const file of files) {
    if (file.size > PDF_BYTES_MAX) return problem(`${file.name} has more than 4 MB; it is no reference.`);
    read.push({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  }
  const isLogProof = ({ bytes }) => equal(bytes.subarray(0, LOG_PROOF_START.length), utf8(LOG_PROOF_START));
  const proofs = read.filter(isLogProof);
  const others = read.filter((file) => !isLogProof(file));
  if (proofs.length > 1 || others.length > 1) return problem("Check one reference at a time.");
  if (others.length === 0 && given.file === null) return problem("Add the JSON file that the log proof belongs to.");
  if (others.length === 1) [given.file, given.logProof] = [others[0], undefined];
  if (proofs.length === 1) given.logProof = proofs[0].bytes;
  return update();
}

async function takeKeyFile([file]) {
  if (file?.size > KEY_FILE_BYTES_MAX) return problem(`${file.name} has more than 256 KB; it is no key file.`);
  problem("");
  given.keyFile = file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
  byId("nokeys").hidden = file === undefined;
  return update();
}

async function takeFragment() {
  problem("");
  given.code = null;
  try {
    const fragment = location.hash.slice(1);
    if (fragment !== "") given.code = await parseFragment(fragment, domain);
  } catch (error) {
    problem(error.message);
  }
  return update();
}

async function readWitnesses() {
  const { keys, required } = JSON.parse(byId("witnesses").textContent);
  return { keys: await Promise.all(keys.map(parseWitness)), required };
}

/** Whatever goes wrong is told, and never leaves an older result on the screen. */
const told = (action) => (...values) =>
  action(...values).catch((error) => {
    byId("result").replaceChildren();
    problem(`Nothing was checked: ${error.message}.`);
  });

function listen() {
  const isOver = (over) => byId("drop").classList.toggle("over", over);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    isOver(true);
  });
  document.addEventListener("dragleave", () => isOver(false));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    isOver(false);
    told(take)([...event.dataTransfer.files]);
  });
  const onFiles = (id, action) =>
    byId(id).addEventListener("change", (event) => {
      told(action)([...event.target.files]);
    });
  onFiles("files", take);
  onFiles("keys", takeKeyFile);
  byId("nokeys").addEventListener("click", () => {
    byId("keys").value = "";
    told(takeKeyFile)([]);
  });
  addEventListener("hashchange", told(takeFragment));
}

async function start() {
  byId("drop").hidden = true;
  if (globalThis.crypto?.subtle === undefined) {
    return problem("This browser cannot check signatures here: open the page over https, in a browser that is up to date.");
  }
  witnesses = await readWitnesses();
  byId("drop").hidden = false;
  byId("origin").textContent = domain === null ? "" : `Only ${domain} is asked, for what it publishes for everybody.`;
  listen();
  return takeFragment();
}

told(start)();
