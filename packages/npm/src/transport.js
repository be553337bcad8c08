// Sends requests: address check, credential, pace, repeats, time-outs. Redirects are never followed.
import dns from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

const PRIVATE = new net.BlockList();
for (const [address, bits] of [['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16],
  ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15],
  ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4]]) {
  PRIVATE.addSubnet(address, bits, 'ipv4');
}
for (const [address, bits] of [['::', 96], ['64:ff9b::', 96], ['100::', 64], ['2001::', 32], ['2001:db8::', 32],
  ['2002::', 16], ['fc00::', 7], ['fe80::', 10], ['ff00::', 8]]) {
  PRIVATE.addSubnet(address, bits, 'ipv6');
}

/** Whether an address is one to which nothing is sent: private, link-local, or otherwise special. */
export function isSpecial(address) {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  const plain = mapped ? mapped[1] : address;
  return !net.isIP(plain) || PRIVATE.check(plain, net.isIPv6(plain) ? 'ipv6' : 'ipv4') || /^::ffff:/i.test(plain);
}

const PROHIBITED = 'its address is private or special, and nothing is sent there';

/** Resolves a name; the addresses that were checked are the ones that are connected to. */
function checkedLookup(name, options, done) {
  dns.lookup(name, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error);
    if (addresses.some(({ address }) => isSpecial(address))) return done(Object.assign(new Error(PROHIBITED), { code: 'PROHIBITED' }));
    if (options.all) return done(null, addresses);
    return done(null, addresses[0].address, addresses[0].family);
  });
}

const agents = { 'http:': new http.Agent({ keepAlive: true, maxSockets: 4 }), 'https:': new https.Agent({ keepAlive: true, maxSockets: 4 }) };

/** The built-in way to send one request. */
export function builtInSend({ method, url, headers, body, timeouts }) {
  return new Promise((resolve, reject) => {
    const address = new URL(url);
    const host = address.hostname.replace(/^\[|\]$/g, '');
    const isHere = ['127.0.0.1', 'localhost', '::1'].includes(host);
    const fail = (kind, message) => reject(Object.assign(new Error(message), { kind }));
    if (!isHere && net.isIP(host) && isSpecial(host)) return fail('not-sent', PROHIBITED);
    const scheme = address.protocol === 'https:' ? https : http;
    const request = scheme.request(address, {
      method,
      headers: { ...headers, ...(body ? { 'content-length': Buffer.byteLength(body) } : {}) },
      agent: agents[address.protocol],
      lookup: isHere ? undefined : checkedLookup,
    });
    let connected = false;
    const late = setTimeout(() => {
      fail('not-sent', 'no connection in time');
      request.destroy();
    }, timeouts.connect * 1000);
    const first = setTimeout(() => {
      fail('unknown', 'no answer in time');
      request.destroy();
    }, timeouts.firstByte * 1000);
    request.on('socket', (socket) => {
      const ready = () => {
        connected = true;
        clearTimeout(late);
      };
      if (!socket.connecting) ready();
      else socket.once(address.protocol === 'https:' ? 'secureConnect' : 'connect', ready);
    });
    request.on('error', (error) => {
      clearTimeout(late);
      clearTimeout(first);
      fail(connected ? 'unknown' : 'not-sent', error.code === 'PROHIBITED' ? PROHIBITED : `${error.code ?? error.message}`);
    });
    request.on('response', (response) => {
      clearTimeout(first);
      response.setTimeout(timeouts.betweenBytes * 1000, () => response.destroy(new Error('the answer stopped')));
      resolve({ status: response.statusCode, headers: response.headers, body: response });
    });
    request.end(body || undefined);
  });
}

/** Seconds to wait by `Retry-After` or a header with the end of the limit; undefined if there is none. */
export function waitOf(headers, now = Date.now()) {
  const text = headers['retry-after'] ?? headers['x-ratelimit-reset'] ?? headers['ratelimit-reset'];
  if (text === undefined) return undefined;
  const number = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : NaN;
  if (Number.isNaN(number)) {
    const date = Date.parse(text);
    return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000) + 1;
  }
  if (number >= now / 2) return Math.max(0, (number - now) / 1000) + 1;
  if (number >= now / 2000) return Math.max(0, number - now / 1000) + 1;
  return number;
}

/** Lets at most so many requests pass within a minute. */
class Pace {
  constructor(perMinute) {
    this.perMinute = perMinute;
    this.times = [];
    this.until = 0;
  }

  async ready() {
    for (;;) {
      const now = Date.now();
      while (this.times.length > 0 && this.times[0] <= now - 60_000) this.times.shift();
      const full = this.times.length >= this.perMinute ? this.times[0] + 60_000 - now : 0;
      const wait = Math.max(full, this.until - now);
      if (wait <= 0) {
        this.times.push(now);
        return;
      }
      await sleep(Math.min(wait, 1000)); // in steps, as the time that is known may change
    }
  }
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const WHOLE_BYTES_MAX = 8 * 1024 * 1024;
const ATTEMPTS = 4;
const WAIT_SECONDS_MAX = 300;

/** The requests of one tenant. */
export class Transport {
  constructor(options) {
    this.services = options.services;
    this.send = options.send ?? builtInSend;
    this.retryPause = options.retryPauseMilliseconds ?? 1000;
    this.timeouts = { connect: 10, firstByte: 120, betweenBytes: 30, ...options.timeouts };
    this.paces = new Map();
    this.open = new Map();
    for (const [role, service] of Object.entries(options.services)) {
      const origin = role === 'hibob' ? role : 'target';
      const perMinute = service.requestsPerMinute ?? 50;
      if (!this.paces.has(origin)) this.paces.set(origin, new Pace(perMinute));
      this.paces.set(role, this.paces.get(origin));
    }
  }

  async authorization(role) {
    const given = this.services[role].credential;
    const credential = typeof given === 'function' ? await given() : given;
    if (credential.user !== undefined) {
      return `Basic ${Buffer.from(`${credential.user}:${credential.password}`).toString('base64')}`;
    }
    return `${credential.scheme ?? 'ApiKey'} ${credential.key}`;
  }

  /** Sends what the guard has let out, and again where that is safe. */
  async request({ id, role, method, url, headers, body, access, whole }) {
    for (let attempt = 0; ; attempt += 1) {
      const last = attempt + 1 >= ATTEMPTS;
      let answer;
      try {
        await this.paces.get(role).ready();
        const withCredential = { ...headers, 'user-agent': 'hibob-connector-npm/0.1.0', authorization: await this.authorization(role) };
        answer = await this.send({ role, method, url, headers: withCredential, body, timeouts: this.timeouts });
        const { status } = answer;
        const isBusy = status === 429 || (access === 'read' && status >= 500);
        if (isBusy && !last) {
          const wait = waitOf(lower(answer.headers)) ?? (status === 429 ? 60 : this.backOff(attempt) / 1000);
          if (wait <= WAIT_SECONDS_MAX) {
            discard(answer.body);
            if (status === 429) this.paces.get(role).until = Date.now() + wait * 1000;
            else await sleep(wait * 1000);
            continue;
          }
        }
        return await this.pass(id, answer, whole);
      } catch (error) {
        if (answer) discard(answer.body);
        const kind = error.kind ?? 'unknown';
        const message = String(error.message);
        const again = kind === 'not-sent' ? message !== PROHIBITED : access === 'read';
        if (last || !again) return { failure: kind, message };
        await sleep(this.backOff(attempt));
      }
    }
  }

  backOff(attempt) {
    return this.retryPause * 2 ** attempt * (1 - Math.random() / 2);
  }

  async pass(id, answer, whole) {
    const headers = lower(answer.headers);
    const encoding = headers['content-encoding'];
    if (encoding && encoding !== 'identity') throw Object.assign(new Error(`its answer is packed as ${encoding}`), { kind: 'unknown' });
    const decoder = new TextDecoder('utf-8', { fatal: answer.status >= 200 && answer.status < 300, ignoreBOM: true });
    const pieces = chunks(answer.body)[Symbol.asyncIterator]();
    const head = {
      status: answer.status, contentType: headers['content-type'], location: headers.location, date: headers.date,
      now: Math.floor(Date.now() / 1000),
    };
    if (!whole) {
      this.open.set(id, { pieces, decoder, rest: '', body: answer.body });
      return head;
    }
    let text = '';
    let size = 0;
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) break;
      size += value.length;
      if (size > WHOLE_BYTES_MAX) throw Object.assign(new Error('the answer is too large'), { kind: 'unknown' });
      text += decoder.decode(value, { stream: true });
    }
    return { ...head, text: text + decoder.decode() };
  }

  /** The next characters of an answer, at most `most` units. */
  async read({ id, most }) {
    const open = this.open.get(id);
    if (!open) return { lost: 'the answer is not open' };
    try {
      while (open.rest.length === 0 && !open.done) {
        const { done, value } = await open.pieces.next();
        open.done = done;
        open.rest = done ? open.decoder.decode() : open.decoder.decode(value, { stream: true });
      }
    } catch (error) {
      this.drop({ id });
      return { lost: String(error.message) };
    }
    if (open.rest.length === 0) {
      this.open.delete(id);
      return {};
    }
    let end = Math.min(most, open.rest.length);
    const last = open.rest.charCodeAt(end - 1);
    if (end < open.rest.length && last >= 0xd800 && last < 0xdc00) end -= 1;
    const text = open.rest.slice(0, end);
    open.rest = open.rest.slice(end);
    return { text };
  }

  drop({ id }) {
    const open = this.open.get(id);
    this.open.delete(id);
    if (open) discard(open.body);
  }

  close() {
    for (const id of [...this.open.keys()]) this.drop({ id });
  }
}

const lower = (headers) => {
  const entries = typeof headers?.entries === 'function' ? [...headers.entries()] : Object.entries(headers ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
};

function discard(body) {
  if (typeof body?.destroy === 'function') body.destroy();
  else if (typeof body?.cancel === 'function' && !body.locked) body.cancel().catch(() => {});
}

async function* chunks(body) {
  if (body === null || body === undefined) return;
  if (typeof body === 'string') yield Buffer.from(body);
  else if (body instanceof Uint8Array) yield body;
  else yield* body;
}
