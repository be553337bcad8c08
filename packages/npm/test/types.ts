// Compiled, and not run: the types are right for the uses of the README.
import { createConnector, fileStore, memoryStore, ConnectorError, type Change, type Store } from '../src/index.js';

const store: Store = Math.random() < 2 ? fileStore('x') : memoryStore();
const connector = createConnector({
  services: {
    hibob: { url: 'https://api.hibob.com/v1', credential: async () => ({ user: 'u', password: 'p' }) },
    scim: { url: 'https://app.perk.com/api/v2/scim', credential: { key: 'k' }, requestsPerMinute: 100 },
  },
  settings: { details: ['title'], 'create-days-before-start': 3, companies: { a: 'b' } },
  store,
  send: async ({ url, method, headers, body }) => fetch(url, { method, headers, body: body || undefined, redirect: 'manual' }),
});
const plan = await connector.plan();
const kinds: Change['kind'][] = [];
for await (const change of plan) kinds.push(change.kind);
const review = await connector.review(plan, { release: { archiving: 3 } });
const applied = await connector.apply(plan, { confirmFirst: true, digest: review.digest }).catch((error: unknown) => {
  if (error instanceof ConnectorError) return error.code;
  throw error;
});
// @ts-expect-error: a service is missing
createConnector({ services: { scim: { url: 'x', credential: { key: 'k' } } } });
// @ts-expect-error: there is no such decision
connector.apply(plan, { confirmFrist: true });
export { applied };
