// Starts `hibob fakes`, whose program HIBOB_PROGRAM names.
import { spawn } from 'node:child_process';

/** The stand-ins of a company, with the services as `createConnector` takes them. */
export async function standIns({ employees = 60, scenario = 'none', tenant } = {}) {
  const program = process.env.HIBOB_PROGRAM;
  if (!program) throw new Error('HIBOB_PROGRAM has to name the program hibob');
  const more = tenant ? ['--write-tenant', tenant] : [];
  const child = spawn(program, ['fakes', '--employees', String(employees), '--scenario', scenario, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => {
      text += data;
      if (text.includes('Ctrl-C')) resolve();
    });
    child.on('exit', () => reject(new Error(`the stand-ins ended: ${text}`)));
  });
  const [, hibob, user, password] = /HiBob +(\S+) +service user (\S+) +token (\S+)/.exec(text);
  const [, scim, key] = /TravelPerk +(\S+) +key (\S+)/.exec(text);
  const [, rest] = /(\S+) +\(REST\)/.exec(text);
  const requestsPerMinute = 60_000;
  const target = { credential: { key }, requestsPerMinute };
  const services = {
    hibob: { url: hibob, credential: { user, password }, requestsPerMinute },
    scim: { url: scim, ...target },
    rest: { url: rest, ...target },
    'cost-centers': { url: rest, ...target },
  };
  const requests = async () => (await fetch(`${new URL(scim).origin}/_stand-in/requests`)).json();
  return { services, requests, stop: () => new Promise((resolve) => { child.removeAllListeners('exit'); child.on('exit', resolve); child.kill(); }) };
}
