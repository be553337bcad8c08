// Runs the connector and the guard, each an instance of its own, in a thread of its own. Requests go out through the main
// thread, which has the credentials; this thread waits for it without a turn of its event loop.
import { readFileSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

const { port, signal, plugin: pluginUrl, guard: guardUrl } = workerData;

/** Asks the main thread, and waits for its answer. */
function ask(question, value) {
  Atomics.store(signal, 0, 0);
  port.postMessage({ question, value });
  Atomics.wait(signal, 0, 0);
  const { message } = receiveMessageOnPort(port);
  if (message.error) throw new Error(message.error);
  return message.answer;
}

async function component(folder, name) {
  const { instantiate } = await import(new URL(`${name}.js`, folder).href);
  const modules = new Map();
  const module = (path) => {
    if (!modules.has(path)) modules.set(path, new WebAssembly.Module(readFileSync(new URL(path, folder))));
    return modules.get(path);
  };
  return (imports) => instantiate(module, imports);
}

const newPlugin = await component(new URL(pluginUrl.folder), pluginUrl.name);
const guard = (await component(new URL(guardUrl.folder), guardUrl.name))({}).guard;

class Fault extends Error {
  constructor(error) {
    super(error.message ?? error.code);
    this.error = error;
  }
}

function ok(json) {
  const answer = JSON.parse(json);
  if (answer.error) throw new Fault(answer.error);
  return answer.ok;
}

/** The most characters of a piece: each has at most three bytes of UTF-8 for a unit of UTF-16. */
const UNITS = 3;

let storage = new Map();
let writes = null; // of the present call of apply; null where nothing may be written
let refusals = [];
const bodies = new Map(); // answers that were read whole, by id: [text, position]

function cut(text, at, most) {
  let end = Math.min(text.length, at + most);
  const last = text.charCodeAt(end - 1);
  if (end < text.length && last >= 0xd800 && last < 0xdc00) end -= 1;
  return end;
}

const host = {
  send(role, method, path, query, headers, body) {
    const decided = ok(guard.request(JSON.stringify({ role, method, path, query, headers: JSON.parse(headers), body })));
    if (decided.refused) {
      if (decided.refused.reason !== 'look' && refusals.length < 10) refusals.push(decided.refused.message);
      return { tag: 'denied', val: decided.refused.message };
    }
    const { id } = decided;
    const sent = ask('send', { role, method, ...decided });
    if (sent.failure) {
      ok(guard.end(id));
      return { tag: sent.failure, val: sent.message };
    }
    ok(guard.answer(id, JSON.stringify({ status: sent.status, date: sent.date ?? null, now: sent.now })));
    if (sent.text !== undefined) {
      for (let at = 0; at < sent.text.length;) {
        const end = cut(sent.text, at, 300_000);
        ok(guard.piece(id, sent.text.slice(at, end)));
        at = end;
      }
      ok(guard.end(id));
      bodies.set(id, [sent.text, 0]);
    }
    const location = sent.status === 201 ? sent.location : undefined;
    return { tag: 'answer', val: { status: sent.status, id, contentType: sent.contentType, location } };
  },
  read(id, max) {
    const most = Math.max(2, Math.floor(max / UNITS));
    const whole = bodies.get(id);
    if (whole) {
      const [text, at] = whole;
      if (at >= text.length) {
        bodies.delete(id);
        return { tag: 'end' };
      }
      whole[1] = cut(text, at, most);
      return { tag: 'text', val: text.slice(at, whole[1]) };
    }
    const piece = ask('read', { id, most });
    if (piece.text !== undefined) {
      ok(guard.piece(id, piece.text));
      return { tag: 'text', val: piece.text };
    }
    ok(guard.end(id));
    return piece.lost === undefined ? { tag: 'end' } : { tag: 'lost', val: piece.lost };
  },
  drop(id) {
    if (!bodies.delete(id)) {
      ask('drop', { id });
      ok(guard.end(id));
    }
  },
  storageGet(keys) {
    return JSON.stringify({ ok: JSON.parse(keys).map((key) => stored(key) ?? null) });
  },
  storageScan(prefix, after, limit) {
    const keys = [...new Set([...storage.keys(), ...(writes?.keys() ?? [])])];
    const found = keys.filter((key) => key.startsWith(prefix) && (after === undefined || bytes(key, after) > 0)
      && stored(key) != null);
    const page = found.sort(bytes).slice(0, Math.min(limit, 1000));
    return JSON.stringify({ ok: page.map((key) => [key, stored(key)]) });
  },
  storageCommit(json) {
    if (!writes) return error('read-only', 'this call may not write');
    const list = JSON.parse(json);
    const size = (text) => Buffer.byteLength(text ?? '');
    if (list.length > 1000 || list.some(([key, value]) => !key || size(key) > 512 || size(value) > 65_536)) {
      return error('over-limit', 'a key, a value or a batch is too large');
    }
    for (const [key, value] of list) writes.set(key, value);
    return '{"ok":null}';
  },
  progress(phase, done, total) {
    port.postMessage({ progress: { phase, done, total } });
  },
  log(level, message) {
    port.postMessage({ log: { level, message } });
  },
};

const error = (kind, message) => JSON.stringify({ error: { kind, message } });
const stored = (key) => (writes?.has(key) ? writes.get(key) : storage.get(key));
const bytes = (a, b) => (a < b ? -1 : a > b ? 1 : 0); // keys are ids, so the order of units is that of bytes

function fresh() {
  bodies.clear();
  return newPlugin({ 'hibob:connector/json-host': host }).jsonSync;
}

let job;

const commands = {
  begin({ run, job: given, entries }) {
    job = JSON.stringify(given);
    storage = new Map(entries);
    refusals = [];
    ok(guard.beginRun(JSON.stringify(run)));
  },
  check() {
    writes = null;
    ok(guard.beginCall('{"kind":"check"}'));
    return { ...ok(fresh().check(job)), refusals };
  },
  plan() {
    writes = null;
    ok(guard.beginCall('{"kind":"plan"}'));
    const plugin = fresh();
    const baseline = JSON.stringify(ok(guard.baseline()));
    const plan = ok(plugin.beginPlan(job, baseline));
    const pages = (next) => {
      const all = [];
      for (;;) {
        const page = ok(next(plan.plan, 500));
        if (page.length === 0) return all;
        all.push(...page);
      }
    };
    const findings = pages(plugin.nextFindings);
    const { counts, baseline: after } = plan;
    ok(guard.beginPlan(JSON.stringify({ created_at: JSON.parse(job).now, counts, baseline: after, findings })));
    for (let read = 0; ; ) {
      const page = plugin.nextChanges(plan.plan, 500);
      if (page === '{"ok":[]}') break;
      ok(guard.addChanges(JSON.stringify(ok(page))));
      if ((read += 1) > 4000) throw new Error('the plan does not end');
    }
    plugin.endPlan(plan.plan);
    return { ...ok(guard.review('{}')), refusals };
  },
  review(release) {
    return ok(guard.review(JSON.stringify(release)));
  },
  changes({ start, max }) {
    return ok(guard.changes(start, max));
  },
  apply({ total, begun, pause }) {
    const tried = new Set(begun);
    const results = [];
    let stopped = false;
    for (let position = 0; position < total && !stopped; position += 1) {
      const result = makeOne(position, tried, pause);
      stopped = result.stopped ?? false;
      results.push(result);
      port.postMessage({ progress: { phase: 'changes', done: position + 1, total } });
    }
    const finished = ok(guard.finish());
    return { results, refusals, stopped, ...finished };
  },
};

/** How often a change of unknown outcome is looked up. */
const LOOKS = 4;

function makeOne(position, tried, pause) {
  let id;
  let attempt = 'first';
  for (let look = 0; ; look += 1) {
    const change = ok(guard.beginCall(JSON.stringify({ kind: 'apply', position })));
    if (change.outcome && !change.id) return { position, ...change.outcome, ...outcomeWord(change.outcome) };
    if (id === undefined) {
      id = change.id;
      if (tried.has(id)) attempt = 'after-unknown-outcome';
      else ask('begin', { id });
    }
    writes = new Map();
    let ended;
    try {
      const outcome = ok(fresh().apply(job, JSON.stringify(change), attempt));
      ended = ok(guard.outcome(JSON.stringify({ outcome, now: Math.floor(Date.now() / 1000), is_last: look === LOOKS })));
    } catch (fault) {
      // Whether it was made is not known: it stays begun, and the next run looks first.
      const message = fault instanceof Fault ? fault.message : `the plugin failed: ${fault.message ?? fault}`;
      return { position, id, outcome: 'failed', code: 'PLUGIN_FAULT', message, next: 'look' };
    }
    const kept = ended.keep_storage ? [...writes] : [];
    writes = null;
    if (ended.again) {
      for (const [key, value] of kept) put(key, value);
      ask('keep', { entries: kept });
      ask('pause', { milliseconds: pause * 2 ** look });
      attempt = 'after-unknown-outcome';
      continue;
    }
    for (const [key, value] of kept) put(key, value);
    const { outcome } = ended;
    const unknown = outcome.next === 'look';
    ask('end', { id, unknown, ledger: ended.ledger, kept: ended.kept, entries: kept });
    return { position, id, ...outcome, stopped: ended.stopped };
  }
}

const outcomeWord = (outcome) => (typeof outcome === 'string' ? { outcome } : {});

function put(key, value) {
  if (value === null) storage.delete(key);
  else storage.set(key, value);
}

parentPort.on('message', ({ command, value }) => {
  try {
    parentPort.postMessage({ result: commands[command](value) ?? null });
  } catch (fault) {
    parentPort.postMessage({
      failed: fault instanceof Fault ? fault.error : { code: 'PLUGIN_FAULT', message: String(fault.message ?? fault) },
      refusals,
    });
  }
});
parentPort.postMessage({ result: null });
