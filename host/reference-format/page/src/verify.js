// From a document to a verdict: the decision of `hibob verify`, in the same words, but without DNS, and so never Gold.

import { equal } from "./bytes.js";
import { parseKeyFile } from "./keys.js";
import { publishedAt, verifyLogProof } from "./log.js";
import { proofVerifies } from "./proof.js";
import { LIST_TTL, parseList } from "./statuslist.js";
import { formatTime, longTime, parseTime } from "./time.js";

const DAY = 24 * 3600 * 1000;

/** How long after its date a reference may be seen by the first witness. */
const LOG_DELAY_MAX = 7 * DAY;

/** How long a list counts that does not say it. */
const LIST_VALID_FOR = 7 * DAY;

/** How far a clock may be off. */
const CLOCK_ERROR_MAX = DAY;

/** From the best to the most serious. */
const VERDICTS = ["Silver", "Status unknown", "Saved anew", "Superseded", "Not in log", "Revoked", "Unknown key", "Invalid"];

/**
 * Decides about an opened document. The most serious finding gives the verdict; all that was looked at is in `checks`.
 *
 * `sources` are `{ now, keyFile, givenKeyFile, revoked, superseded, head, witnesses }`: each answer is `{ bytes }`, or `{ why }`
 * there are none; `witnesses` are `{ keys, required }`.
 */
export async function verify(opened, sources) {
  const decision = new Decision(sources);
  if (opened.error === undefined) await decision.decide(opened);
  else decision.fail("Invalid", "document", opened.error);
  const worst = Math.max(...decision.findings.map((verdict) => VERDICTS.indexOf(verdict)));
  const { checks, isWitnessed, keyFrom } = decision;
  return { verdict: VERDICTS[worst], credential: opened.signed?.credential, checks, isWitnessed, keyFrom };
}

class Decision {
  constructor(sources) {
    this.sources = sources;
    this.checks = [];
    this.findings = [];
    this.isWitnessed = false;
    this.keyFrom = null;
  }

  push(subject, outcome, text) {
    this.checks.push({ subject, outcome, text });
  }

  good(subject, text) {
    this.push(subject, "good", text);
  }

  unchecked(subject, text) {
    this.push(subject, "not-checked", text);
  }

  fail(verdict, subject, text) {
    this.findings.push(verdict);
    this.push(subject, "bad", text);
  }

  async decide({ signed, pdf, isSavedAnew, readLogProof }) {
    this.good("document", "the document is a reference, with nothing missing and nothing added");
    const { key: reference } = signed.proof;
    if (reference.inDocument !== undefined) return this.keyInDocument(signed, reference.inDocument);
    const { issued } = signed.credential;
    if (parseTime(issued) > this.sources.now + CLOCK_ERROR_MAX) {
      this.fail("Invalid", "document", `its date ${longTime(issued)} is in the future`);
    }
    const known = this.gatherKeys(reference);
    const key = await this.signature(signed, reference.selector, known);
    if (key === null) return undefined;
    if (pdf || isSavedAnew) await this.page(pdf, key);
    await this.log(signed, readLogProof, isSavedAnew, known);
    await this.status(signed, "revocation", known);
    return this.status(signed, "supersession", known);
  }

  async keyInDocument(signed, key) {
    if (await proofVerifies(signed.proof, key)) {
      const text = "the signature fits a key that only the document itself names; anyone can make such a document";
      this.fail("Unknown key", "signature", text);
    } else {
      this.fail("Invalid", "signature", "the signature does not fit the document and the key");
    }
  }

  /** The keys with this name, the file that the user vouches for first, and all keys of the issuer. */
  gatherKeys({ domain, selector }) {
    const known = { named: [], all: [] };
    const records = ["_workreferences", "_refpassport"].map((label) => `${selector}.${label}.${domain}`).join(" and ");
    this.unchecked("dns-record", `the DNS records ${records} were not asked for: a web page cannot ask DNS`);
    const { givenKeyFile, keyFile } = this.sources;
    if (givenKeyFile !== undefined) this.readKeyFile(known, domain, selector, givenKeyFile, "chosen");
    if (keyFile.bytes !== undefined) this.readKeyFile(known, domain, selector, keyFile.bytes, "issuer");
    else this.unchecked("key-file", `the key file of ${domain} was not looked at: ${keyFile.why}`);
    return known;
  }

  readKeyFile(known, domain, selector, bytes, from) {
    const what = from === "chosen" ? "the key file you chose" : "the issuer's key file";
    let file;
    try {
      file = parseKeyFile(bytes);
    } catch (error) {
      return this.push("key-file", "bad", `${what} cannot be read: ${error.message}`);
    }
    if (file.domain !== domain) {
      return this.push("key-file", "bad", `${what} is that of ${file.domain}, not of ${domain}`);
    }
    known.all.push(...file.keys.filter((key) => key.revoked > this.sources.now).map(({ key }) => key));
    const named = file.keys.find((key) => key.selector === selector);
    if (named === undefined) return this.unchecked("key-file", `${what} has no key ${selector}`);
    known.named.push({ ...named, from });
    return this.good("key-file", `${what} has the key ${selector}`);
  }

  /** Checks the signature, and returns the key it is by. */
  async signature(signed, selector, known) {
    const [first] = known.named;
    if (first === undefined) {
      this.findings.push("Unknown key");
      this.unchecked("signature", `the key ${selector} of the issuer was found nowhere; without it nothing can be said`);
      return null;
    }
    const place = first.from === "chosen" ? "in the file you chose" : "in the issuer's key file";
    if (!(await proofVerifies(signed.proof, first.key))) {
      const text = `the signature does not fit the key ${place}: it was changed, or somebody else signed it`;
      this.fail("Invalid", "signature", text);
      return null;
    }
    this.keyFrom = first.from;
    this.findings.push("Silver");
    this.good("signature", `the signature fits the key ${place}`);
    if (known.named.some(({ key }) => !equal(key, first.key))) {
      this.push("key-file", "bad", `a key file has another key by the name ${selector}`);
    }
    const created = parseTime(signed.proof.created);
    for (const named of known.named.filter(({ key }) => equal(key, first.key))) {
      if (named.revoked <= this.sources.now) {
        const text = `the issuer says that the key ${selector} was stolen: nothing it signed can be relied on`;
        this.fail("Invalid", "key-file", text);
      } else if (created < named.created || created > named.retired) {
        this.fail("Invalid", "key-file", `the key ${selector} was not in use on ${longTime(signed.proof.created)}`);
      }
    }
    return first.key;
  }

  async page(pdf, key) {
    if (await pdf?.isSealedBy(key)) return this.good("page", "the page is as the issuer sealed it");
    const text =
      "this page was saved anew by another program, or changed, since the issuer sealed it: compare each word on it with " +
      "what is signed, or ask for the file as it was sent";
    return this.fail("Saved anew", "page", text);
  }

  async log(signed, readLogProof, isSavedAnew, known) {
    if (readLogProof === undefined) {
      const text = isSavedAnew
        ? "the log proof is no longer in the PDF: scan the code on the page, or ask for the file as it was sent"
        : "there is no log proof: give the .tlog-proof file that came with the reference";
      return this.fail("Not in log", "log", text);
    }
    const { keys, required } = this.sources.witnesses;
    const { domain, issued } = signed.credential;
    let evidence;
    try {
      evidence = await verifyLogProof(await readLogProof(), signed.digest, domain, known.all, keys);
    } catch (error) {
      return this.fail("Not in log", "log", error.message);
    }
    this.good("log", `entry ${evidence.index} of ${evidence.size} in the issuer's log`);
    for (const { name, time } of evidence.witnesses) {
      const seen = longTime(formatTime(time));
      if (time > parseTime(issued) + LOG_DELAY_MAX) {
        const text = `the witness ${name} saw it only on ${seen}, long after its date ${longTime(issued)}`;
        this.fail("Not in log", "witnesses", text);
      } else {
        this.good("witnesses", `the witness ${name} confirmed the order of the log on ${seen}`);
      }
    }
    this.isWitnessed = evidence.witnesses.length > 0;
    if (evidence.witnesses.length < required) {
      return this.fail("Not in log", "witnesses", `${required} trusted witnesses have to confirm the log`);
    }
    const text = "order not witnessed: the issuer alone could have rebuilt its log";
    return this.isWitnessed ? undefined : this.unchecked("witnesses", text);
  }

  async status(signed, subject, known) {
    const { domain, position } = signed.credential;
    const isRevocation = subject === "revocation";
    const [word, verdict] = isRevocation ? ["revoked", "Revoked"] : ["superseded", "Superseded"];
    const unknown = (outcome) => (why) => {
      this.findings.push("Status unknown");
      this.push(subject, outcome, `whether it is ${word} could not be checked: ${why}`);
    };
    const [unchecked, wrong] = [unknown("not-checked"), unknown("bad")];
    const { bytes, why } = this.sources[word];
    if (bytes === undefined) return unchecked(why);
    let list;
    try {
      list = await parseList(bytes, domain, position.list, word);
    } catch (error) {
      return wrong(error.message);
    }
    const fits = await Promise.all(known.all.map((key) => proofVerifies(list.proof, key)));
    if (!fits.includes(true)) return wrong("no known key of the issuer signed the list");
    const text = `${word}, by the list of ${longTime(list.issued)}`;
    // No entry is ever taken back, so one that is set counts however old the list is.
    if (list.isSet(position.index)) return this.fail(verdict, subject, text);
    let head;
    try {
      head = await this.headTime(domain, known);
    } catch (error) {
      return unchecked(`the head of the log, beside which the list counts, cannot be had: ${error.message}`);
    }
    const doubt = this.doubt(list, head, parseTime(signed.credential.issued));
    return doubt === null ? this.good(subject, `not ${text}`) : wrong(doubt);
  }

  /** The time of the published head of the log; null if it states none. */
  async headTime(domain, known) {
    const { bytes, why } = this.sources.head;
    if (bytes === undefined) throw new Error(why);
    return publishedAt(bytes, domain, known.all);
  }

  /** Why a list that the issuer signed does not count now; null if it does. */
  doubt(list, head, issued) {
    const { now } = this.sources;
    const [time, shown] = [parseTime(list.issued), longTime(list.issued)];
    if (time > now + CLOCK_ERROR_MAX) return `the list of ${shown} is from the future`;
    if (head !== null && head > time + LIST_TTL) {
      const beside = longTime(formatTime(head));
      return `this is a replay: the list of ${shown} is older than the head of the log beside it, of ${beside}`;
    }
    if (issued > time + LIST_TTL) {
      return `the list of ${shown} is older than the reference; the issuer has to publish anew`;
    }
    const end = list.end === undefined ? Math.max(head ?? time, time) + LIST_VALID_FOR : parseTime(list.end);
    return now > end ? `the list of ${shown} counted until ${longTime(formatTime(end))}; the issuer has to publish anew` : null;
  }
}
