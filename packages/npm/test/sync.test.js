import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConnectorError, createConnector, fileStore, memoryStore } from '../src/index.js';
import { standIns } from './stand-ins.js';

const settings = { 'default-language': 'en' };
const quick = { settings, retryPauseMilliseconds: 20 };

test('a first sync is confirmed, applied, and followed by a plan without changes', async () => {
  const services = await standIns({ employees: 60 });
  after(() => services.stop());
  const folder = await mkdtemp(join(tmpdir(), 'hibob-'));
  after(() => rm(folder, { recursive: true }));
  const store = fileStore(folder);
  const connector = createConnector({ ...quick, services: services.services, store });
  const checked = await connector.check();
  assert.equal(checked.counts.employees, 60);

  const plan = await connector.plan();
  assert.equal(plan.stopped.code, 'FIRST_SYNC_UNCONFIRMED');
  assert.match(plan.digest, /^[0-9a-f]{64}$/);
  const changes = [];
  for await (const change of plan) changes.push(change);
  assert.equal(changes.length, plan.changes);
  assert.ok(plan.kinds.create > 30);
  await assert.rejects(connector.plan(), /another run of this tenant/);
  await assert.rejects(connector.apply(plan), { code: 'FIRST_SYNC_UNCONFIRMED' });

  const again = await connector.plan();
  assert.equal(again.digest, plan.digest, 'the same input gives the same plan');
  const applied = await connector.apply(again, { confirmFirst: true, digest: plan.digest });
  assert.equal(applied.accepted, true);
  const done = (applied.outcomes.done ?? 0) + (applied.outcomes.partly ?? 0);
  assert.equal(done, plan.changes - (applied.outcomes.held ?? 0), JSON.stringify(applied.outcomes));

  const second = await createConnector({ ...quick, services: services.services, store: fileStore(folder) }).plan();
  assert.deepEqual([second.changes - second.held, second.stopped], [0, null], JSON.stringify(second.kinds));
  await second.close();
});

test('the guard holds a day with many leavers, until a person releases them', async () => {
  const services = await standIns({ employees: 60, scenario: 'mass-leavers' });
  after(() => services.stop());
  const store = memoryStore();
  const connector = createConnector({ ...quick, services: services.services, store });
  const first = await connector.apply(await connector.plan(), { confirmFirst: true, confirmReactivations: true });
  assert.equal(first.accepted, true);
  const before = (await services.requests()).writes;
  const plan = await connector.plan();
  const archiving = plan.guards.find((guard) => guard.class === 'archiving');
  assert.match(archiving?.message ?? JSON.stringify(plan), /accounts would be archived, (and the limit is|which is half)/);
  const applied = await connector.apply(plan);
  assert.equal(applied.outcomes.held, plan.kinds.archive);
  const others = plan.changes - plan.held;
  const { writes } = await services.requests();
  assert.ok(writes - before <= 2 * others, `no leaver was written: ${writes - before} writes for ${others} changes`);

  const held = await connector.plan();
  const review = await connector.review(held, { release: { archiving: held.kinds.archive } });
  assert.deepEqual(review.guards.filter((guard) => guard.class === 'archiving'), []);
  await held.close();
});

test('the event loop goes on while a plan is made', async () => {
  const services = await standIns({ employees: 10_000 });
  after(() => services.stop());
  const connector = createConnector({ ...quick, services: services.services });
  // A loop that is blocked does not turn at all. How long its pauses are is measured and printed, and not held to a figure here.
  let [turns, longest, last] = [0, 0, performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    turns += 1;
    longest = Math.max(longest, now - last - 5);
    last = now;
  }, 5);
  const plan = await connector.plan();
  clearInterval(timer);
  assert.ok(plan.changes > 9000);
  await plan.close();
  console.log(`longest pause of the event loop: ${longest.toFixed(0)} ms, ${turns} turns`);
  assert.ok(turns > 20, `${turns} turns`);
});

test('refused credentials end the run, and are not shown', async () => {
  const services = await standIns({ employees: 5 });
  after(() => services.stop());
  const wrong = { ...services.services, hibob: { ...services.services.hibob, credential: { user: 'x', password: 'canary-secret' } } };
  const error = await createConnector({ ...quick, services: wrong }).plan().then(() => assert.fail(), (error) => error);
  assert.ok(error instanceof ConnectorError);
  assert.deepEqual([error.code, error.details.status], ['HIBOB_REFUSED', 401]);
  assert.ok(!JSON.stringify([error, error.message, error.remedy]).includes('canary'));
  assert.ok(!error.remedy.includes('TENANT'));
});
