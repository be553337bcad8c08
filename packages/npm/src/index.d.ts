/** A credential for one service. It is added to a request in the main thread, and no component ever has it. */
export type Credential =
  /** HTTP Basic authentication: HiBob's service user. */
  | { user: string; password: string }
  /** A key, with the scheme of the `Authorization` header (default `ApiKey`): TravelPerk. */
  | { key: string; scheme?: string };

/** One service. */
export interface Service {
  /** Its base URL: https, or http for this machine only. */
  url: string;
  /** Its credential, or a function that gives it before each request. Only secrets that are given as values are removed from texts. */
  credential: Credential | (() => Credential | Promise<Credential>);
  /** Most requests within a minute; 50 by default. The services of TravelPerk share the pace of the one that is named first. */
  requestsPerMinute?: number;
}

/** One value of a setting. */
export type Setting = string | boolean | number | string[] | Record<string, string>;

/** A request as it leaves, the credential among its headers. */
export interface OutgoingRequest {
  role: 'hibob' | 'scim' | 'rest' | 'cost-centers';
  method: 'GET' | 'POST' | 'PATCH';
  url: string;
  headers: Record<string, string>;
  /** Empty if there is none. */
  body: string;
  /** In seconds. */
  timeouts: { connect: number; firstByte: number; betweenBytes: number };
}

/** The answer to a request. */
export interface IncomingAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined> | Headers;
  /** UTF-8. A stream is read piece by piece, and is never in memory as a whole. */
  body?: string | Uint8Array | AsyncIterable<Uint8Array> | null;
}

/** What happened, in the order in which it has to be taken in. A store keeps each before `append` resolves. */
export type StoreEvent =
  | { event: 'begin'; id: string }
  | { event: 'keep'; entries: [string, string | null][] }
  | {
      event: 'end';
      id: string;
      unknown: boolean;
      ledger: Record<string, LedgerAccount> | null;
      kept: Record<string, string[]> | null;
      entries: [string, string | null][];
    }
  | { event: 'accepted'; stored: { baseline: Record<string, Setting>; state: { at: number; numbers: Record<string, Setting> } } | null };

/** An account that the sync has created or adopted. */
export interface LedgerAccount {
  employee_id: string;
  /** When the sync archived it, in Unix seconds; null if it is active. */
  archived_at?: number | null;
  /** Whether a person has given it up: nothing is written to it then. */
  unlinked?: boolean;
}

/** What a store keeps of a tenant. */
export interface StoreState {
  ledger: {
    accounts: Record<string, LedgerAccount>;
    baseline: Record<string, Setting>;
    states: { at: number; numbers: Record<string, Setting> }[];
    kept: Record<string, string[]>;
    first_sync_over: boolean;
  };
  /** The connector's own entries. */
  entries: Record<string, string>;
  /** Ids of changes that were begun and of which nobody knows whether they were made. */
  begun: string[];
}

/** Where a tenant's ledger and storage are kept. */
export interface Store {
  /** Takes the tenant's lock, or rejects if another run has it. Resolves to what releases it. */
  lock(): Promise<() => Promise<void>>;
  /** What is kept. Called while the lock is held. */
  load(): Promise<StoreState>;
  /** Takes in an event. It must be safe from a crash before the promise resolves. */
  append(event: StoreEvent): Promise<void>;
}

/** Keeps everything in memory. */
export function memoryStore(state?: StoreState): Store;

/** Keeps everything in a folder of its own, with permissions for its owner only. The lock is that of a process of this machine. */
export function fileStore(folder: string): Store;

/** What a connector is made of. */
export interface ConnectorOptions {
  /** `hibob` and `scim` are needed; `rest` is for companies, `cost-centers` for cost centers that are to be created. */
  services: { hibob: Service; scim: Service; rest?: Service; 'cost-centers'?: Service };
  /** The settings of a sync without URLs (`docs/develop/plugin-settings.md` of the project). */
  settings?: Record<string, Setting>;
  /** Limits of the guards by the names of the tenant's settings `safety.…`, such as `archive_percent` and `archive_min`. */
  limits?: Record<string, number>;
  /** Whether a value that an adopted account has is removed where HiBob has none. */
  clearAdopted?: boolean;
  /** Where ledger and storage are kept; in memory by default. */
  store?: Store;
  /**
   * Sends one request in the place of the built-in way. It must not follow redirects, and has to check addresses by itself. Its
   * errors may have `kind: 'not-sent'`, if nothing was sent; every other error means that the outcome is unknown.
   */
  send?: (request: OutgoingRequest) => Promise<IncomingAnswer>;
  /** In seconds: 10 to connect, 120 to the first byte of an answer, 30 between bytes. */
  timeouts?: { connect?: number; firstByte?: number; betweenBytes?: number };
  /** The first pause before a repeat, in milliseconds; 1,000 by default. */
  retryPauseMilliseconds?: number;
  /** Longest time of one call, waiting included, in seconds; 3,600 by default. The thread is ended then. */
  callSeconds?: number;
  /** The time, in milliseconds since 1970. */
  now?: () => number;
  /** Is told how far a job is. */
  onProgress?: (progress: { phase: string; done: number; total?: number }) => void;
  /** Gets the lines of the job's log, without personal data. */
  onLog?: (line: { level: string; message: string }) => void;
}

/** Something that a person should read. */
export interface Finding {
  severity: 'notice' | 'warning' | 'error';
  /** A stable word in capitals, by which a host can replace message and remedy. */
  code: string;
  employee_id: string | null;
  field: string | null;
  message: string;
  remedy: string;
}

/** A value of a field. */
export type FieldValue =
  | string | boolean | number | string[]
  | { employee_id: string | null; account_id: string | null; display_name: string }
  | null;

/** One step of a plan. */
export interface Change {
  id: string;
  kind: 'create' | 'adopt' | 'update' | 'reactivate' | 'archive' | 'create-cost-center' | 'restore-cost-center';
  employee_id: string | null;
  target_id: string | null;
  display_name: string;
  depends_on: string[];
  after: string[];
  reason: string;
  fields: { field: string; before: FieldValue; after: FieldValue }[];
  /** The class by which a guard holds the whole change; null if none does. */
  held: string | null;
  /** The fields that a guard holds, with their classes. */
  held_fields: Record<string, string>;
}

/** Why a guard holds a class of changes. */
export interface GuardRow {
  class: string;
  field?: string;
  message: string;
  remedy: string;
}

/** Why nothing of a plan may be applied. */
export interface Stop {
  code: string;
  message: string;
  remedy: string;
}

/** A plan as it was judged. */
export interface Review {
  /** SHA-256 of the changes without names (`docs/embed/plan-digest.md`). It may not be kept in the open. */
  digest: string;
  /** Unix seconds. */
  created_at: number;
  counts: Record<string, number>;
  /** How many changes there are, and how many of each kind. */
  changes: number;
  kinds: Record<string, number>;
  findings: Finding[];
  guards: GuardRow[];
  /** How many changes are held, whole or in part. */
  held: number;
  stopped: Stop | null;
  /** What the first sync would do, in a sentence; null if it is over. */
  first: string | null;
}

/** A plan that waits in its thread, under the tenant's lock. Apply it or close it. */
export interface Plan extends Review, AsyncIterable<Change> {
  /** Requests of the connector that the guard has refused. */
  refusals: string[];
  /** A page of the changes. */
  changesFrom(start?: number, max?: number): Promise<Change[]>;
  /** Gives the plan up: ends its thread and releases the lock. */
  close(): Promise<void>;
}

/** What a person has decided for one run. */
export interface Release {
  /** How many accounts of a class the guards let pass, such as `{ archiving: 12 }`. */
  release?: Record<string, number>;
  /** Lets a source pass that is much smaller or emptier than before. */
  changedSource?: boolean;
  /** A yes to the first sync. */
  confirmFirst?: boolean;
  /** A yes to making accounts active again that the first sync has found inactive. */
  confirmReactivations?: boolean;
  /** Applies the plan only if it has this digest. */
  digest?: string;
}

/** How one change ended. */
export interface ChangeResult {
  position: number;
  id?: string;
  outcome: 'done' | 'partly' | 'drifted' | 'failed' | 'refused' | 'held' | 'skipped' | 'not-tried';
  [detail: string]: unknown;
}

/** What an application did. */
export interface Applied {
  /** How many changes ended with each outcome. */
  outcomes: Record<string, number>;
  results: ChangeResult[];
  refusals: string[];
  /** Whether it came to its end, so that its baseline is kept. */
  accepted: boolean;
  /** Whether refused credentials have ended it. */
  stopped: boolean;
  guards: GuardRow[];
  digest: string;
}

/** An error with a stable code. */
export class ConnectorError extends Error {
  code: string;
  remedy?: string;
  details: { kind?: string; side?: string; status?: number | null; request?: string; findings?: Finding[] };
  refusals: string[];
}

/** The directory sync of one tenant. */
export interface Connector {
  /** Checks whether a sync would work. Writes nothing. */
  check(): Promise<{ findings: Finding[]; counts: Record<string, number>; refusals: string[] }>;
  /** Makes a plan and has the guard judge it. Writes nothing. */
  plan(): Promise<Plan>;
  /** Judges a plan again, with what a person has decided. */
  review(plan: Plan, release?: Release): Promise<Review>;
  /** Applies a plan but for what is held, one change after the other, and closes it. Rejects if nothing may be applied. */
  apply(plan: Plan, release?: Release): Promise<Applied>;
}

/** Makes a connector. It does nothing by itself. */
export function createConnector(options: ConnectorOptions): Connector;
