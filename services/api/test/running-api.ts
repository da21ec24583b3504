import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Dirent } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, type Server, createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  BatchProgress,
  ChangeSubscriber,
  JobProducer,
  createProducerConnection,
  createWorkerConnection,
} from '@cytoqueue/queue';
import { ModelRegistry } from '@cytoqueue/registry';
import {
  ActiveKeys,
  Readiness,
  CleanupStack,
  type Role,
  type TenantLimits,
  createApiKey,
  createLogger,
  createSessionSecret,
} from '@cytoqueue/runtime';
import { DamageReport } from '@cytoqueue/records';
import { type ObjectStore, listAll, openStore, withReadDeadline } from '@cytoqueue/storage';
import type { Redis } from 'ioredis';
import { waitUntil } from '../../../test/src/support/wait-until';
import { type AppDeps, createApp } from '../src/app';
import { AuditLog } from '../src/audit/audit-log';
import { SessionCookies } from '../src/session/session-cookie';
import { PublicAddress } from '../src/http/public-address';
import { RetentionPolicy } from '../src/tenants/retention-policy';
import { ApiMetrics } from '../src/operations/api-metrics';
import { LastUse } from '../src/keys/last-use';
import { StoredKeys } from '../src/keys/stored-keys';
import { TenantKeys } from '../src/keys/tenant-keys';
import { OutdatedChampions } from '../src/operations/outdated-champions';
import { QueueStatusReader } from '../src/operations/queue-status';
import { SessionStore } from '../src/session/session-store';
import { SessionTokens } from '../src/session/session-token';
import { createTenantQuotas } from '../src/tenants/tenant-quotas';

export { HEADER, ROW } from '../../../test/src/support/csv-rows';

const LIMITS = { units_per_minute: 100_000, concurrent_uploads: 20, event_streams: 20, stored_bytes: 1024 ** 3 };
const ROLES: readonly Role[] = ['member', 'operator', 'admin'];
/** A role, or an admin with platform rights. */
export type KeyName = Role | 'platform';
const KEYS: readonly { id: KeyName; role: Role; platform?: true }[] = [
  ...ROLES.map((role) => ({ id: role, role })),
  { id: 'platform', role: 'admin', platform: true },
];

export interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer | FormData;
  role?: KeyName;
}

export interface Settings {
  /** The time limit of a read from the store; the product's limit when omitted. */
  readDeadlineMs?: number;
  publicUrl?: string;
  maxWaitSeconds?: number;
  bodyPace?: AppDeps['minimumRate'];
  /** Time without traffic after which the server closes a connection; default: none. */
  socketIdleMs?: number;
  /** Proxies whose forwarded headers are trusted. */
  trustProxy?: readonly string[];
  corsOrigins?: readonly string[];
}

/**
 * Runs the real app on a free port with its own file store and a given Redis. Without a worker, accepted work stays
 * queued.
 */
export class RunningApi {
  tenant = 'lab';
  readonly logged: {
    level: number;
    msg: string;
    method?: string;
    route?: string;
    status?: number;
    finished?: boolean;
  }[] = [];
  private readonly keys = new Map(KEYS.map(({ id }) => [id, createApiKey()]));
  readonly ring = new ActiveKeys({ tenants: [{ id: this.tenant, keys: this.ringKeys() }] });
  private readonly releasers = new CleanupStack();
  private readonly server: Server = createServer();
  private readonly sockets: Socket[] = [];
  private dir = '';
  store!: ObjectStore;
  producer!: JobProducer;
  audit!: AuditLog;
  commands!: Redis;
  storedKeys!: StoredKeys;
  lastUse!: LastUse;

  static async start(redisUrl: string, maxUploadBytes = 1024 * 1024, settings: Settings = {}): Promise<RunningApi> {
    const api = new RunningApi();
    await api.open(redisUrl, maxUploadBytes, settings);
    return api;
  }

  stop(): Promise<void> {
    return this.releasers.releaseAll();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  fetch(path: string, { role = 'member', headers, ...rest }: Call = {}): Promise<Response> {
    return fetch(this.url + path, { ...rest, headers: { ...this.authorization(role), ...headers } });
  }

  /** Runs uploads; tests may observe them. */
  protect = <T>(work: () => Promise<T>): Promise<T> => work();

  async predict(features: Record<string, unknown>): Promise<string> {
    const headers = { 'content-type': 'application/json' };
    const response = await this.fetch('/v1/predictions', {
      method: 'POST',
      headers,
      body: JSON.stringify({ features }),
    });
    return ((await response.json()) as { id: string }).id;
  }

  /** Stores the objects in the store's journal as files, as a worker does within seconds. */
  async storeJournal(): Promise<void> {
    const store = openStore(this.store.url);
    await store.start();
    await store.stop();
  }

  keyOf(role: KeyName): string {
    return this.keys.get(role)?.key ?? '';
  }

  /**
   * Assigns the keys to a tenant, by default a new one, so that a test starts without data, usage or audit events
   * although it shares the process with others. Keys of omitted roles are revoked.
   */
  assignKeys({
    tenant = `lab-${randomUUID()}`,
    limits = {},
    roles,
  }: { tenant?: string; limits?: TenantLimits; roles?: readonly KeyName[] } = {}): void {
    this.tenant = tenant;
    this.ring.replace({ tenants: [{ id: tenant, limits, keys: this.ringKeys(roles) }] });
  }

  private ringKeys(names: readonly KeyName[] = KEYS.map(({ id }) => id)) {
    return KEYS.filter(({ id }) => names.includes(id)).map((key) => ({
      ...key,
      sha256: this.keys.get(key.id)?.sha256 ?? '',
    }));
  }

  /** A folder that is removed when the API stops. */
  async temporaryDir(): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), 'api-'));
    this.releasers.push('directory', () => rm(dir, { recursive: true }));
    return dir;
  }

  /** A request whose body the test writes itself, completely or not. */
  openRequest(
    path: string,
    headers: Record<string, string>,
  ): { sending: ClientRequest; answered: Promise<IncomingMessage> } {
    const sending = request(this.url + path, {
      method: 'POST',
      headers: { ...this.authorization('member'), ...headers },
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) =>
      sending.once('response', resolve).once('error', reject),
    );
    answered.catch(() => undefined); // Tests that abort the request do not await it.
    return { sending, answered };
  }

  /** Bytes that the server has read from this request's connection. */
  receivedBytes({ socket }: ClientRequest): number {
    return this.sockets.find(({ remotePort }) => remotePort === socket?.localPort)?.bytesRead ?? 0;
  }

  /** All files of the store except models and audit log, including half-written ones, and the objects in its journal. */
  async files(): Promise<string[]> {
    const entries = await this.entries();
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(this.dir.length + 1));
    for await (const { key } of listAll(this.store, '')) files.push(key);
    return [...new Set(files)].filter((file) => !/^(models|audit)\/|^\.journal\/\d+\/log$/.test(file)).sort();
  }

  /** Retries: Node.js fails when a folder is removed while it is read. */
  private async entries(): Promise<Dirent[]> {
    for (;;) {
      try {
        return await readdir(this.dir, { recursive: true, withFileTypes: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  private authorization(role: KeyName): Record<string, string> {
    return { authorization: `Bearer ${this.keyOf(role)}` };
  }

  private async open(
    redisUrl: string,
    maxUploadBytes: number,
    {
      publicUrl,
      maxWaitSeconds = 25,
      trustProxy,
      corsOrigins = [],
      bodyPace,
      readDeadlineMs,
      socketIdleMs = 0,
    }: Settings,
  ): Promise<void> {
    this.dir = await mkdtemp(join(tmpdir(), 'api-'));
    this.releasers.push('files', () => rm(this.dir, { recursive: true }));
    const logger = createLogger(
      { service: 'api', environment: 'test', level: 'info' },
      { write: (line) => void this.logged.push(JSON.parse(line)) },
    );
    this.store = withReadDeadline(openStore(pathToFileURL(this.dir).href), readDeadlineMs);
    await this.store.start();
    this.releasers.push('store', () => this.store.stop());
    const registry = new ModelRegistry(this.store);
    await registry.installShipped();
    // Not started, so that only requests write to the store; tests call `flush`.
    this.audit = new AuditLog(this.store, logger);
    this.releasers.push('audit', () => this.audit.stop());
    const ignore = () => undefined; // Some tests cause outages.
    const commands = createProducerConnection(redisUrl, ignore);
    this.commands = commands;
    this.releasers.push('redis', () => commands.disconnect());
    this.producer = new JobProducer(commands, ignore);
    this.releasers.push('producer', () => this.producer.stop());
    const notifications = new ChangeSubscriber(createWorkerConnection(redisUrl, ignore));
    notifications.start();
    this.releasers.push('notifications', () => notifications.stop());
    const progress = new BatchProgress(commands);
    const queueWatch = new QueueStatusReader(commands, progress);
    const address = new PublicAddress(publicUrl);
    const metrics = new ApiMetrics(commands, queueWatch, new OutdatedChampions(registry), logger);
    const damage = new DamageReport(logger, () => metrics.objectDamaged());
    // Neither is started: changes through this process take effect at once, and tests call `refresh` and `flush`.
    this.storedKeys = new StoredKeys({ store: this.store, ring: this.ring, logger, damage });
    this.lastUse = new LastUse(this.store, this.ring, logger);
    const app = createApp({
      store: this.store,
      registry,
      audit: this.audit,
      producer: this.producer,
      progress,
      notifications,
      queueStatus: queueWatch,
      metrics,
      damage,
      keys: this.ring,
      tenantKeys: new TenantKeys(this.ring, this.storedKeys, this.lastUse),
      lastUse: this.lastUse,
      quotas: createTenantQuotas({ store: this.store, redis: commands, keys: this.ring, defaults: LIMITS }),
      protection: { run: (work) => this.protect(work) },
      sessions: new SessionCookies(
        new SessionTokens(createSessionSecret(), this.ring),
        new SessionStore(commands),
        address,
      ),
      address,
      maxWaitSeconds,
      trustProxy,
      corsOrigins,
      limits: { maxUploadBytes, shardRows: 1_000 },
      retention: new RetentionPolicy({ resources: 30, inputs: 30, confirmations: 365 }),
      logger,
      readiness: new Readiness({ redis: () => commands.ping(), store: () => this.store.checkWritable() }),
      version: '0.0.0',
      ...(bodyPace && { minimumRate: bodyPace }),
    });
    this.server.on('connection', (socket) => this.sockets.push(socket));
    this.server.timeout = socketIdleMs;
    this.server.on('request', app).listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.releasers.push('server', () => this.closeServer());
    await waitUntil('Redis is there', () => commands.status === 'ready');
  }

  private async closeServer(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

export const RECORD = {
  clump_thickness: 5,
  uniformity_of_cell_size: 1,
  uniformity_of_cell_shape: 1,
  marginal_adhesion: 1,
  single_epithelial_cell_size: 2,
  bare_nuclei: 1,
  bland_chromatin: 3,
  normal_nucleoli: 1,
  mitoses: 1,
};
