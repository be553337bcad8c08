// Where a tenant's ledger, storage and unfinished changes are kept.
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const empty = () => ({
  ledger: { accounts: {}, baseline: {}, states: [], kept: {}, first_sync_over: false },
  entries: {},
  begun: [],
});

/** Takes one event into the state. */
function take(state, event) {
  const put = (entries) => {
    for (const [key, value] of entries ?? []) {
      if (value === null) delete state.entries[key];
      else state.entries[key] = value;
    }
  };
  switch (event.event) {
    case 'begin':
      if (!state.begun.includes(event.id)) state.begun.push(event.id);
      break;
    case 'keep':
      put(event.entries);
      break;
    case 'end':
      Object.assign(state.ledger.accounts, event.ledger ?? {});
      Object.assign(state.ledger.kept, event.kept ?? {});
      put(event.entries);
      if (!event.unknown) state.begun = state.begun.filter((id) => id !== event.id);
      break;
    case 'accepted':
      if (event.stored) {
        state.ledger.baseline = event.stored.baseline;
        state.ledger.states = [...state.ledger.states, event.stored.state].slice(-60);
      }
      state.ledger.first_sync_over = true;
      break;
    default:
      throw new Error(`unknown event ${event.event}`);
  }
}

/** Keeps everything in memory: for tests, and for hosts that keep the state themselves. */
export function memoryStore(state = empty()) {
  let locked = false;
  return {
    async lock() {
      if (locked) throw new Error('another run of this tenant goes on');
      locked = true;
      return async () => {
        locked = false;
      };
    },
    async load() {
      return structuredClone(state);
    },
    async append(event) {
      take(state, event);
    },
  };
}

/** Keeps everything in a folder: a snapshot, and the events since, each on the disk before the next step. */
export function fileStore(folder) {
  const path = (name) => join(folder, name);
  let state;
  let journal;

  async function read() {
    const text = async (name) => {
      try {
        return await readFile(path(name), 'utf8');
      } catch (error) {
        if (error.code === 'ENOENT') return '';
        throw error;
      }
    };
    const snapshot = await text('state.json');
    const now = snapshot ? JSON.parse(snapshot) : empty();
    const lines = (await text('journal.jsonl')).split('\n');
    lines.pop(); // empty, or a line that a crash has cut off
    for (const line of lines) take(now, JSON.parse(line));
    return now;
  }

  async function save() {
    const file = await open(path('state.new'), 'w', 0o600);
    await file.writeFile(JSON.stringify(state));
    await file.sync();
    await file.close();
    await rename(path('state.new'), path('state.json'));
    await rm(path('journal.jsonl'), { force: true });
  }

  return {
    async lock() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await takeLock(path('lock'));
      state = await read();
      await save();
      journal = await open(path('journal.jsonl'), 'a', 0o600);
      return async () => {
        await journal.close();
        await save();
        await rm(path('lock'), { force: true });
      };
    },
    async load() {
      return structuredClone(state ?? (await read()));
    },
    async append(event) {
      await journal.appendFile(`${JSON.stringify(event)}\n`);
      await journal.datasync();
      take(state, event);
    },
  };
}

async function takeLock(path) {
  for (let again = 0; again < 2; again += 1) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const holder = Number(await readFile(path, 'utf8').catch(() => '0'));
      if (holder > 0 && isRunning(holder)) throw new Error(`another run of this tenant goes on (process ${holder})`);
      await rm(path, { force: true }); // its process is gone
    }
  }
  throw new Error('another run of this tenant goes on');
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
