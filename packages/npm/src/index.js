// The connector for Node: the rules around the components. Types and documentation are in index.d.ts.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { memoryStore } from './store.js';
import { Transport, sleep } from './transport.js';

export { fileStore, memoryStore } from './store.js';

const COMPONENTS = new URL('../components/', import.meta.url);
const ROLES = ['hibob', 'scim', 'rest', 'cost-centers'];

/** An error of a run, with a stable code and what a person can do about it. */
export class ConnectorError extends Error {
  constructor({ code, message, remedy, findings, kind, side, status, request }, refusals = []) {
    const first = findings?.[0];
    super(message ?? first?.message ?? code);
    this.name = 'ConnectorError';
    this.code = code;
    this.remedy = remedy ?? first?.remedy;
    this.details = { kind, side, status, request, findings };
    this.refusals = refusals;
  }
}

/** One thread with a plugin and a guard, for one run. */
class Run {
  static async start(options, transport, store) {
    const run = new Run();
    run.refused = false;
    run.redact = (value) => redacted(value, transport.secrets);
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(4));
    const plugin = options.plugin ?? { folder: new URL('connector/', COMPONENTS).href, name: 'connector' };
    const guard = { folder: new URL('guard/', COMPONENTS).href, name: 'guard' };
    run.worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { port: port2, signal, plugin, guard }, transferList: [port2], env: {}, argv: [], execArgv: [],
    });
    run.limit = (options.callSeconds ?? 3600) * 1000;
    const questions = {
      send: (value) => transport.request(value),
      read: (value) => transport.read(value),
      drop: (value) => transport.drop(value),
      begin: (value) => store.append({ event: 'begin', ...value }),
      keep: (value) => store.append({ event: 'keep', ...value }),
      end: (value) => store.append({ event: 'end', ...value }),
      pause: ({ milliseconds }) => sleep(milliseconds),
    };
    port1.on('message', async ({ question, value, progress, log }) => {
      if (progress) return options.onProgress?.(progress);
      if (log) return options.onLog?.(run.redact(log));
      let message;
      try {
        message = { answer: await questions[question](value) };
      } catch (error) {
        message = { error: String(error.message) };
      }
      port1.postMessage(message);
      Atomics.store(signal, 0, 1);
      Atomics.notify(signal, 0);
      return undefined;
    });
    run.port = port1;
    run.transport = transport;
    await run.answer();
    return run;
  }

  /** The next message of the thread. */
  answer() {
    return new Promise((resolve, reject) => {
      const end = (act) => {
        clearTimeout(timer);
        for (const [event, listener] of Object.entries(listeners)) this.worker.off(event, listener);
        act();
      };
      const listeners = {
        message: ({ result, failed, refusals }) => end(() => {
          if (failed) reject(new ConnectorError(this.redact(failed), this.redact(refusals ?? [])));
          else resolve(this.redact(result));
        }),
        error: (error) => end(() => reject(error)),
        exit: () => end(() => reject(new Error('the thread has ended'))),
      };
      const tooLong = { code: 'CALL_TOO_LONG', message: 'the call took too long', remedy: 'set callSeconds higher' };
      const timer = setTimeout(() => {
        this.close();
        end(() => reject(new ConnectorError(tooLong)));
      }, this.limit);
      for (const [event, listener] of Object.entries(listeners)) this.worker.on(event, listener);
    });
  }

  call(command, value) {
    const answer = this.answer();
    this.worker.postMessage({ command, value });
    return answer;
  }

  async close() {
    this.port.close();
    this.transport.close();
    await this.worker.terminate();
  }
}

/** A value with the secrets in its texts removed. */
function redacted(value, secrets) {
  if (typeof value === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, '[secret]'), value);
  if (Array.isArray(value)) return value.map((item) => redacted(item, secrets));
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redacted(item, secrets)]));
  }
  return value;
}

class Plan {
  #run;
  #unlock;
  constructor(run, unlock, summary) {
    this.#run = run;
    this.#unlock = unlock;
    Object.assign(this, summary);
  }

  /** The run of this plan; it can be applied once. */
  run() {
    if (!this.#run) throw new ConnectorError({ code: 'PLAN_CLOSED', message: 'the plan was applied or closed', remedy: 'make a new plan' });
    return this.#run;
  }

  changesFrom(start = 0, max = 500) {
    return this.run().call('changes', { start, max });
  }

  async *[Symbol.asyncIterator]() {
    for (let start = 0; ; ) {
      const page = await this.changesFrom(start);
      if (page.length === 0) return;
      yield* page;
      start += page.length;
    }
  }

  async close() {
    const run = this.#run;
    this.#run = undefined;
    if (!run) return;
    await run.close();
    await this.#unlock();
  }
}

const toRelease = (release = {}) => ({
  release: release.release ?? {},
  changed_source: release.changedSource ?? false,
  confirm_first: release.confirmFirst ?? false,
  confirm_reactivations: release.confirmReactivations ?? false,
});

class Connector {
  #options;
  #transport;
  #store;
  constructor(options) {
    const services = options.services ?? {};
    const unknown = Object.keys(services).find((role) => !ROLES.includes(role));
    const missing = ['hibob', 'scim'].find((role) => !services[role]);
    if (unknown) throw new TypeError(`services: there is no service ${unknown}`);
    if (missing) throw new TypeError(`services: ${missing} is missing`);
    for (const [role, { url, credential }] of Object.entries(services)) {
      if (typeof url !== 'string') throw new TypeError(`services.${role}.url is missing`);
      if (!credential) throw new TypeError(`services.${role}.credential is missing`);
    }
    this.#options = options;
    this.#store = options.store ?? memoryStore();
    this.#transport = new Transport(options);
    this.#transport.secrets = secrets(services);
  }

  async #begin() {
    const options = this.#options;
    const unlock = await this.#store.lock();
    let run;
    try {
      const state = await this.#store.load();
      const manifest = JSON.parse(await readFile(new URL('manifest.json', COMPONENTS), 'utf8'));
      run = await Run.start(options, this.#transport, this.#store);
      const settings = options.settings ?? {};
      const services = Object.fromEntries(Object.entries(options.services).map(([role, { url }]) => [role, url]));
      await run.call('begin', {
        run: {
          manifest,
          services,
          secret: randomBytes(16).toString('hex'),
          settings: {
            content_type: settings['content-type'] ?? null,
            approver_conditions: settings['approver-conditions'] ?? [],
            swap_address: settings['swap-address'] ?? null,
            clear_adopted: options.clearAdopted ?? false,
          },
          limits: options.limits ?? {},
          ledger: state.ledger,
        },
        job: { now: Math.floor((options.now?.() ?? Date.now()) / 1000), services: Object.keys(services), settings },
        entries: Object.entries(state.entries),
      });
      return { run, unlock, begun: state.begun };
    } catch (error) {
      await run?.close();
      await unlock();
      throw error;
    }
  }

  async check() {
    const { run, unlock } = await this.#begin();
    try {
      return await run.call('check');
    } finally {
      await run.close();
      await unlock();
    }
  }

  async plan() {
    const { run, unlock, begun } = await this.#begin();
    try {
      const plan = new Plan(run, unlock, await run.call('plan'));
      Object.defineProperty(plan, 'begun', { value: begun, enumerable: false });
      return plan;
    } catch (error) {
      await run.close();
      await unlock();
      throw error;
    }
  }

  async review(plan, release) {
    return plan.run().call('review', toRelease(release));
  }

  async apply(plan, release) {
    const run = plan.run();
    try {
      const review = await run.call('review', toRelease(release));
      if (review.stopped) throw new ConnectorError(review.stopped);
      if (release?.digest && release.digest !== review.digest) {
        throw new ConnectorError({ code: 'ANOTHER_PLAN', message: 'the plan is not the one with that digest', remedy: 'review the new plan' });
      }
      const made = await run.call('apply', {
        total: review.changes, begun: plan.begun, pause: this.#options.retryPauseMilliseconds ?? 1000,
      });
      if (made.accepted) await this.#store.append({ event: 'accepted', stored: made.stored });
      const outcomes = {};
      for (const { outcome } of made.results) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      const { results, refusals, accepted, stopped } = made;
      return { outcomes, results, refusals, accepted, stopped, guards: review.guards, digest: review.digest };
    } finally {
      await plan.close();
    }
  }
}

function secrets(services) {
  const all = [];
  for (const { credential } of Object.values(services)) {
    if (typeof credential === 'function') continue;
    const { user, password, key } = credential;
    if (password) all.push(password, Buffer.from(`${user}:${password}`).toString('base64'));
    if (key) all.push(key);
  }
  return all.filter((secret) => secret.length >= 4);
}

export function createConnector(options) {
  return new Connector(options);
}
