// A plugin that misbehaves (tests/hostile/json): nothing of it leaves, and the guard says why.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import { createConnector, memoryStore } from '../src/index.js';

const plugin = { folder: new URL('./hostile/hostile/', import.meta.url).href, name: 'hostile' };
const SECRET = 'canary-secret-7321';

/** A service that answers as told and keeps what it was asked. */
async function service(answer) {
  const asked = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', () => {
      asked.push({ method: request.method, url: request.url, headers: request.headers, body });
      const { status = 200, headers = {}, json = {} } = answer(request.method, request.url) ?? {};
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(json));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}`, asked };
}

const employees = [{ id: '1', email: 'ana@acme.example' }, { id: '2', email: 'ben@acme.example' }];
const search = ['hibob', 'POST', '/people/search', '', '{}', '{}'];
const user = (id, externalId) => ({ id, externalId, userName: `${id}@acme.example`, active: true });

function change(id, kind, employee_id, target_id, fields) {
  return { id, kind, employee_id, target_id, display_name: '', depends_on: [], after: [], reason: '', fields };
}

function patch(path, value, op = 'replace') {
  return JSON.stringify({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op, path, value }] });
}

async function hostile(script, { accounts = {}, answer = () => undefined } = {}) {
  const target = await service((method, url) => answer(method, url)
    ?? (url.startsWith('/Users/') ? { json: user(url.slice(7), accounts[url.slice(7)]?.employee_id ?? '9') } : { json: { Resources: [] } }));
  const hibob = await service(() => ({ json: { employees } }));
  const ledger = { accounts, baseline: { employees: 2 }, states: [], kept: {}, first_sync_over: true };
  const store = memoryStore({ ledger, entries: { 'link/1': '{"account":"29"}' }, begun: [] });
  const connector = createConnector({
    services: {
      hibob: { url: hibob.url, credential: { user: 'u', password: SECRET } },
      scim: { url: target.url, credential: { key: `${SECRET}-key` } },
    },
    settings: { script: JSON.stringify(script) },
    plugin,
    store,
    retryPauseMilliseconds: 1,
  });
  return { connector, target, hibob, store };
}

const title = [{ field: 'title', before: null, after: 'Lead' }];
const writes = (asked) => asked.filter((one) => one.method !== 'GET');

test('it cannot write to another account, nor with another value, nor more than the change', async () => {
  const attempts = [
    ['scim', 'PATCH', '/Users/30', '', '{}', patch('title', 'Lead')],
    ['scim', 'PATCH', '/Users/29', '', '{}', patch('title', 'Chief')],
    ['scim', 'PATCH', '/Users/29', '', '{}', patch('active', false)],
    ['scim', 'POST', '/Users', '', '{}', '{"externalId":"1"}'],
    ['scim', 'GET', '/Users', 'filter=userName%20eq%20%22eve%40acme.example%22', '{}', ''],
    ['hibob', 'POST', '/people/search', '', '{}', '{}'],
  ];
  const accounts = { 29: { employee_id: '1' }, 30: { employee_id: '2' } };
  const { connector, target } = await hostile(
    { requests: [search], counts: { employees: 2 }, changes: [change('a', 'update', '1', '29', title)], apply: attempts },
    { accounts },
  );
  const applied = await connector.apply(await connector.plan());
  assert.deepEqual(target.asked, []);
  assert.equal(applied.refusals.length, attempts.length, applied.refusals.join('\n'));
  const words = ["not the change's own resource", 'title has another value', 'sets whether the account is active',
    'another kind of request', 'searches for something else', 'may not ask HiBob'];
  words.forEach((word, at) => assert.ok(applied.refusals[at].includes(word), applied.refusals[at]));
});

test('it cannot write to an account that the ledger has for nobody, nor to one that was given up', async () => {
  for (const accounts of [{}, { 29: { employee_id: '1', unlinked: true } }]) {
    const { connector, target } = await hostile({
      requests: [search], counts: { employees: 2 }, changes: [change('a', 'update', '1', '29', title)],
      apply: [['scim', 'PATCH', '/Users/29', '', '{}', patch('title', 'Lead')]],
    }, { accounts });
    const applied = await connector.apply(await connector.plan());
    assert.deepEqual(target.asked, []);
    assert.match(applied.refusals[0], /not one that this sync created or adopted|has given the account up/);
  }
});

test('it cannot archive in disguise, nor lie in its counts', async () => {
  const ids = Array.from({ length: 30 }, (_, at) => String(at + 1));
  const accounts = Object.fromEntries(ids.map((id) => [`a${id}`, { employee_id: id }]));
  const off = [{ field: 'active', before: true, after: false }];
  const archived = await hostile({
    requests: [search], counts: { employees: 2, managed: 1_000_000, archive: 0 },
    changes: ids.slice(0, 20).map((id) => change(id, 'archive', id, `a${id}`, off)),
  }, { accounts });
  const plan = await archived.connector.plan();
  assert.match(plan.guards[0].message, /^20 of 30 accounts would be archived, and the limit is 5 \(10 %, at least 5\)$/);
  const applied = await archived.connector.apply(plan);
  assert.deepEqual(applied.outcomes, { held: 20 });
  assert.deepEqual(archived.target.asked, []);

  const disguised = await hostile({
    requests: [search], counts: { employees: 2 }, changes: [change('a', 'update', '1', 'a1', off)],
    apply: [['scim', 'PATCH', '/Users/a1', '', '{}', patch('active', false)]],
  }, { accounts });
  const result = await disguised.connector.apply(await disguised.connector.plan());
  assert.match(result.refusals[0], /sets whether the account is active/);
  assert.deepEqual(disguised.target.asked, []);
});

test('it cannot make up a login name, and a change that no answer shows is not made', async () => {
  const named = (email) => [{ field: 'user-name', before: null, after: email }, { field: 'external-id', before: null, after: '1' }];
  const made = (email) => ({
    requests: [search], counts: { employees: 2 }, changes: [change('a', 'create', '1', null, named(email))],
    outcome: { outcome: 'done', target_id: '77', not_taken: [] },
  });
  const invented = await hostile(made('eve@acme.example'));
  const stopped = await invented.connector.plan();
  assert.match(stopped.stopped.message, /a work email that HiBob did not give for the employee 1/);
  await assert.rejects(invented.connector.apply(stopped), { code: 'PLUGIN_FAULT' });

  const untrue = await hostile(made('ana@acme.example'));
  const applied = await untrue.connector.apply(await untrue.connector.plan());
  assert.match(applied.results[0].message, /no answer of TravelPerk shows that/);
  const state = await untrue.store.load();
  assert.deepEqual([state.ledger.accounts, state.entries], [{}, { 'link/1': '{"account":"29"}' }]);
  assert.deepEqual(writes(untrue.target.asked), []);
});

test('it asks nothing outside its manifest, writes nothing in a plan, and follows no redirect', async () => {
  const elsewhere = await service(() => ({}));
  const { connector, target, hibob } = await hostile({
    requests: [
      ['hibob', 'GET', '/company/people/fields', '', '{}', ''],
      ['hibob', 'GET', '/bulk/people/lifecycle', '', '{}', ''],
      ['scim', 'PATCH', '/Users/29', '', '{}', patch('title', 'x')],
      ['scim', 'GET', '/Users/../../x', '', '{}', ''],
      ['scim', 'GET', '@127.0.0.1/Users', '', '{}', ''],
      ['scim', 'GET', '/Users', '', '{"authorization":"x"}', ''],
      ['mail', 'GET', '/Users', '', '{}', ''],
      ['scim', 'GET', '/ServiceProviderConfig', '', '{}', ''],
    ],
  }, { answer: () => ({ status: 302, headers: { location: `${elsewhere.url}/${SECRET}` } }) });
  const checked = await connector.check();
  assert.deepEqual([hibob.asked, elsewhere.asked], [[], []]);
  assert.deepEqual(target.asked.map((one) => one.url), ['/ServiceProviderConfig']);
  assert.equal(target.asked[0].headers.authorization, `ApiKey ${SECRET}-key`);
  const messages = checked.findings.map((finding) => finding.message);
  assert.match(messages[0], /manifest does not name/);
  assert.match(messages[7], /^302 Some\("application\/json"\) None/, 'the redirect is not followed, nor told where it points');
  assert.equal(checked.refusals.length, 7);
});

test('it sees no secret', async () => {
  const { connector } = await hostile({
    requests: [['scim', 'GET', '/ServiceProviderConfig', '', '{}', '']],
  }, { answer: () => ({ json: { documentationUri: 'nothing' } }) });
  const raw = [];
  const checked = await connector.check();
  raw.push(JSON.stringify(checked));
  assert.ok(raw[0].includes('link/1'), 'it has told everything that it was given');
  assert.ok(!raw[0].includes('canary') && !raw[0].includes('[secret]') && !raw[0].includes('127.0.0.1'));
});
