// The plan of this package is that of `hibob plan`: the same changes, by the digest that docs/embed/plan-digest.md describes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createConnector } from '../src/index.js';
import { standIns } from './stand-ins.js';

const nameless = (value) => (value?.display_name === undefined ? value
  : { account_id: value.account_id, employee_id: value.employee_id });

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

function digest(changes) {
  const canonical = changes.map(({ id, kind, employee_id, target_id, depends_on, after: later, fields }) => ({
    id, kind, employee_id, target_id, depends_on, after: later,
    fields: fields.map(({ field, before, after: value }) => ({ field, before: nameless(before), after: nameless(value) })),
  }));
  return createHash('sha256').update(JSON.stringify(sorted(canonical))).digest('hex');
}

test('the plan is that of `hibob plan`, and so are its findings', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hibob-'));
  after(() => rm(folder, { recursive: true }));
  const tenant = join(folder, 'acme.toml');
  const services = await standIns({ employees: 250, tenant });
  after(() => services.stop());
  const hibob = (...words) => execFileSync(process.env.HIBOB_PROGRAM, [...words, '--data', join(folder, 'data')], {
    stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28, encoding: 'utf8',
  });
  hibob('tenant', 'apply', tenant);
  const theirs = JSON.parse(hibob('plan', 'acme', '--json'));
  const ours = await createConnector({ services: services.services, settings: { 'default-language': 'en' } }).plan();
  assert.ok(theirs.changes.length > 200);
  assert.deepEqual([ours.digest, ours.counts], [digest(theirs.changes), theirs.counts]);
  assert.equal(theirs.digest, ours.digest);
  const codes = (findings) => findings.map(({ code, employee_id, message }) => [code, employee_id, message]);
  assert.deepEqual(codes(ours.findings), codes(theirs.findings));
  const changes = [];
  for await (const { held, held_fields, ...change } of ours) changes.push(change);
  assert.deepEqual(changes, theirs.changes);
  await ours.close();
});
