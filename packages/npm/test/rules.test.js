// Repeats, waits, unknown outcomes, addresses, the store.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createConnector, fileStore, memoryStore } from '../src/index.js';
import { Transport, builtInSend, isSpecial, waitOf } from '../src/transport.js';
import { standIns } from './stand-ins.js';

const settings = { 'default-language': 'en' };

/** A `send` of the host's own, which keeps what is sent and may interfere. */
function recording(interfere = () => undefined) {
  const sent = [];
  const send = async (request) => {
    const { method, url, headers, body } = request;
    sent.push(`${method} ${new URL(url).pathname}`);
    const own = interfere(request, sent);
    if (own?.before) return own.before;
    const answer = await fetch(url, { method, headers, body: body || undefined, redirect: 'manual' });
    if (own?.lose) {
      await answer.text();
      throw new Error('the connection broke');
    }
    return answer;
  };
  return { sent, send };
}

test('a write without an answer is looked at before it is repeated', async () => {
  const services = await standIns({ employees: 8 });
  after(() => services.stop());
  let lost = 0;
  const { sent, send } = recording(({ method, url }) => {
    if (method === 'POST' && url.endsWith('/Users') && lost < 2) {
      lost += 1;
      return { lose: true };
    }
    return undefined;
  });
  const store = memoryStore();
  const connector = createConnector({ services: services.services, settings, send, store, retryPauseMilliseconds: 5 });
  const applied = await connector.apply(await connector.plan(), { confirmFirst: true });
  assert.equal(lost, 2);
  assert.deepEqual(Object.keys(applied.outcomes), ['done'], JSON.stringify(applied.results.filter((one) => one.outcome !== 'done')));
  const posts = sent.filter((one) => one.startsWith('POST') && one.endsWith('/Users')).length;
  assert.equal(posts, applied.results.filter((one) => one.id?.startsWith('create:')).length, 'none was sent twice');
  const first = sent.findIndex((one) => one.endsWith('/Users') && one.startsWith('POST'));
  assert.match(sent[first + 1], /^GET .*\/Users/);
  assert.deepEqual((await store.load()).begun, []);
  const second = await connector.plan();
  assert.equal(second.changes, 0);
  await second.close();
});

test('a change that a crashed run had begun is looked at first', async () => {
  const services = await standIns({ employees: 8 });
  after(() => services.stop());
  const plan = await createConnector({ services: services.services, settings }).plan();
  const [page] = [await plan.changesFrom(0, 100)];
  await plan.close();
  const create = page.find((change) => change.kind === 'create');
  const state = { ...(await memoryStore().load()), begun: [create.id] };
  const { sent, send } = recording();
  const connector = createConnector({ services: services.services, settings, send, store: memoryStore(state), retryPauseMilliseconds: 5 });
  const again = await connector.plan();
  const read = sent.length;
  await connector.apply(again, { confirmFirst: true });
  const writes = sent.slice(read);
  const looks = writes.findIndex((one) => /^GET .*\/Users/.test(one));
  const creates = writes.filter((one) => /^POST .*\/Users$/.test(one)).length;
  assert.ok(looks >= 0, 'the account was looked up');
  assert.equal(creates, page.filter((change) => change.kind === 'create').length);
});

test('a service that takes no more requests is asked again when it says so', async () => {
  const services = await standIns({ employees: 8 });
  after(() => services.stop());
  let refused = 0;
  const { sent, send } = recording(() => {
    refused += 1;
    return refused <= 2 ? { before: { status: 429, headers: { 'Retry-After': '1' }, body: '' } } : undefined;
  });
  const connector = createConnector({ services: services.services, settings, send });
  const begun = performance.now();
  const plan = await connector.plan();
  assert.ok(performance.now() - begun >= 1900);
  assert.equal(sent[0], sent[2]);
  await plan.close();
  assert.deepEqual([waitOf({ 'retry-after': '7' }), waitOf({}), waitOf({ 'retry-after': 'soon' })], [7, undefined, undefined]);
  const at = Date.parse('2026-01-01T00:00:00Z');
  assert.equal(waitOf({ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, at), 31);
  assert.equal(waitOf({ 'x-ratelimit-reset': String(at / 1000 + 5) }, at), 6);
});

test('no more than the pace allows is sent within a minute', async () => {
  let asked = 0;
  const send = async () => {
    asked += 1;
    return { status: 200, headers: {}, body: '{}' };
  };
  const credential = { key: 'k' };
  const transport = new Transport({ send, services: { hibob: { url: 'https://x', credential, requestsPerMinute: 3 }, scim: { url: 'https://x', credential } } });
  const request = { id: 1, role: 'hibob', method: 'GET', url: 'https://x/', headers: {}, body: '', access: 'read', whole: true };
  for (let at = 0; at < 3; at += 1) await transport.request(request);
  const fourth = transport.request(request);
  fourth.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(asked, 3);
  transport.paces.get('hibob').times.length = 0; // a minute later
});

test('special addresses are refused, in every notation', async () => {
  for (const address of ['10.0.0.1', '127.0.0.1', '169.254.169.254', '192.168.1.1', '100.64.0.1', '0.0.0.0', '::1', '::', 'fe80::1',
    'fd00::1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '64:ff9b::a00:1', '224.0.0.1', 'no address']) {
    assert.equal(isSpecial(address), true, address);
  }
  for (const address of ['8.8.8.8', '172.32.0.1', '2a00:1450:4001::1']) assert.equal(isSpecial(address), false, address);
  const timeouts = { connect: 2, firstByte: 2, betweenBytes: 2 };
  for (const url of ['https://169.254.169.254/latest', 'https://[fd00::1]/', 'https://10.1/', 'https://0x0a000001/']) {
    await assert.rejects(builtInSend({ method: 'GET', url, headers: {}, body: '', timeouts }), { kind: 'not-sent', message: /private or special/ });
  }
});

test('what is on the disk survives a crash, and a lock whose process is gone is taken', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hibob-'));
  after(() => rm(folder, { recursive: true }));
  const store = fileStore(folder);
  await store.lock();
  await store.append({ event: 'begin', id: 'create:1' });
  await store.append({ event: 'begin', id: 'create:2' });
  await store.append({ event: 'end', id: 'create:1', unknown: false, ledger: { 29: { employee_id: '1' } }, kept: null, entries: [['link/1', 'x']] });
  await appendFile(join(folder, 'journal.jsonl'), '{"event":"end","id":"cre'); // the machine stops here
  await assert.rejects(fileStore(folder).lock(), /another run of this tenant goes on/);
  await writeFile(join(folder, 'lock'), '999999999');
  const next = fileStore(folder);
  const unlock = await next.lock();
  const state = await next.load();
  assert.deepEqual([state.begun, state.entries, state.ledger.accounts], [['create:2'], { 'link/1': 'x' }, { 29: { employee_id: '1' } }]);
  await unlock();
  assert.deepEqual(JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')).begun, ['create:2']);
});
