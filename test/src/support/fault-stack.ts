import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type QueueName, REDIS_PREFIX, queueNames } from '@cytoqueue/queue';
import { CleanupStack } from '@cytoqueue/runtime';
import { type ManifestDocument, ObjectKeys } from '@cytoqueue/records';
import { type ObjectStore, openStore } from '@cytoqueue/storage';
import { Redis } from 'ioredis';
import { finish, run, score, upload, variedFile } from './batches';
import { ContractClient } from './contract-client';
import { Gate, type Hold } from './gate';
import { expectInvariant, keysBelow } from './invariant';
import { type LogLine, parseLog } from './log-lines';
import { signalWorkers, untilWorkersAreNamed, whilePaused } from './paused-workers';
import { passDelays, passLockTime } from './queue-time';
import { BENIGN_RECORD } from './records';
import { readResults } from './result-file';
import { RedisProcess } from './redis-process';
import {
  type Environment,
  ROOT,
  type Ready,
  type RunningProgram,
  type RunningStack,
  terminateProgram,
  isRunning,
  makeDataDir,
  readReady,
  runProgram,
  startStack,
} from './stack-process';
import { TcpProxy } from './tcp-proxy';
import { waitUntil } from './wait-until';

export const SHARD_ROWS = 1_000;
export const RECONCILER_LEASE = `${REDIS_PREFIX}:turn:reconcile`;

/** A worker that a test has started beside the stack's own. */
export interface OwnWorker extends RunningProgram {
  readonly pid: number;
  /** Port of its health endpoint. */
  readonly port: number;
}

/** A real stack with small shards, its Redis behind a proxy, and a file whose undisturbed results are known. */
export class FaultStack {
  private readonly releasers = new CleanupStack();
  private readonly file: string;
  private undisturbed: Buffer = Buffer.alloc(0);
  /** The batch whose results were not disturbed. */
  undisturbedId = '';
  private readonly gate = new Gate();
  private readonly ownWorkers: OwnWorker[] = [];
  redis!: RedisProcess;
  proxy!: TcpProxy;
  stack!: RunningStack;
  client!: ContractClient;
  store!: ObjectStore;

  private constructor(readonly rows: number) {
    this.file = variedFile(rows);
  }

  /** `STORAGE_URL`; default: the stack's folder, the only store whose writes can be held. */
  static async start(rows: number, environment: Environment = {}): Promise<FaultStack> {
    const faults = new FaultStack(rows);
    try {
      await faults.acquire(environment);
      const { id } = await run(faults.client, faults.file);
      faults.undisturbedId = id;
      faults.undisturbed = await readResults(faults.store, 'local', id);
      return faults;
    } catch (error) {
      await faults.stop();
      throw error;
    }
  }

  private async acquire(environment: Environment): Promise<void> {
    this.releasers.push('gate', () => this.gate.stop());
    const redisDir = makeDataDir();
    this.releasers.push('redis data', () => rmSync(redisDir, { recursive: true }));
    this.redis = await RedisProcess.start(redisDir);
    this.releasers.push('redis', () => this.redis.down());
    this.proxy = await TcpProxy.start(this.redis.port);
    this.releasers.push('proxy', () => this.proxy.stop());
    const own = {
      REDIS_URL: `redis://127.0.0.1:${this.proxy.port}`,
      SHARD_ROWS: String(SHARD_ROWS),
      WORKER_THREADS: '1',
      CANARY_SECONDS: '0',
    };
    this.stack = await startStack({ ...own, ...this.gate.environment, ...environment });
    this.releasers.push('stack', () => this.stack.stop());
    this.client = await ContractClient.connect(this.stack.url, this.stack.apiKey);
    this.store = openStore(environment['STORAGE_URL'] ?? `file://${this.stack.dataDir}/objects`);
    this.releasers.push('store', () => this.store.stop());
  }

  /** After each test: ends every fault and hold, and the test's own workers. */
  async restore(): Promise<void> {
    this.proxy?.restore();
    this.redis?.thaw();
    this.gate.openAll();
    if (this.stack !== undefined) this.signalWorkers('SIGCONT');
    const ending = this.ownWorkers.splice(0);
    for (const { process: child } of ending) child.kill('SIGCONT');
    await Promise.all(ending.map(terminateProgram));
  }

  async stop(): Promise<void> {
    await this.restore();
    await this.releasers.releaseAll();
  }

  get fileBytes(): number {
    return Buffer.byteLength(this.file);
  }

  get ready(): Ready {
    return readReady(this.stack.dataDir) ?? this.stack.ready;
  }

  upload(query = ''): Promise<string> {
    return upload(this.client, this.file, query);
  }

  /**
   * A batch in progress, however fast the machine: its first shard is scored, and the writes of the others wait until
   * `hold.open()`.
   */
  async uploadAndHold(): Promise<{ batch: string; hold: Hold }> {
    const hold = this.hold(/\/shards\/(?!00000)/);
    const batch = await this.upload();
    await hold.reached();
    await this.untilScored(batch, 1);
    assert.equal((await this.shardObjects(batch)).length, 1, 'some shards are scored and some are not');
    return { batch, hold };
  }

  /** Sends one upload. @returns the response, whatever its status */
  post(headers: Record<string, string> = {}) {
    return this.client.post('/v1/batches', { headers: { 'content-type': 'text/csv', ...headers }, body: this.file });
  }

  /** Submits a record. @returns it once it is scored */
  score() {
    return score(this.client, { features: BENIGN_RECORD });
  }

  predict(headers: Record<string, string> = {}) {
    return this.client.post('/v1/predictions', { headers, json: { features: BENIGN_RECORD } });
  }

  shardObjects(batchId: string): Promise<string[]> {
    return keysBelow(this.store, ObjectKeys.shardsFolder('local', batchId));
  }

  untilScored(batchId: string, shards: number): Promise<unknown> {
    return waitUntil(`${shards} shards are scored`, async () => (await this.shardObjects(batchId)).length >= shards);
  }

  /** Waits until the batch is finished and asserts the invariant. */
  async expectComplete(batchId: string): Promise<ManifestDocument> {
    await finish(this.client, batchId);
    return this.expectInvariant(batchId);
  }

  /** State of a finished batch. */
  expectInvariant(batchId: string): Promise<ManifestDocument> {
    return expectInvariant(this.store, batchId, { rows: this.rows, results: this.undisturbed });
  }

  /** Does the same for a batch with a failed shard, whose rows therefore differ. */
  async expectCompleteExceptFailed(batchId: string): Promise<ManifestDocument> {
    await finish(this.client, batchId);
    return expectInvariant(this.store, batchId, { rows: this.rows });
  }

  /**
   * Makes the markers of a record, or of every run of a batch, two minutes old: the reconciler skips younger ones.
   */
  async backdate(id: string): Promise<void> {
    const prefixes = [ObjectKeys.pending('local', id), ObjectKeys.pendingRunsPrefix('local', id)];
    const markers = (await Promise.all(prefixes.map((prefix) => keysBelow(this.store, prefix)))).flat();
    assert.notEqual(markers.length, 0, `${id} is pending`);
    const then = Date.now() / 1_000 - 120;
    for (const key of markers) utimesSync(await this.fileOf(key), then, then);
  }

  /** The path of an object, once it has left the store's journal. */
  async fileOf(key: string): Promise<string> {
    const file = join(this.stack.dataDir, 'objects', key);
    await waitUntil(`${key} is a file`, () => existsSync(file));
    return file;
  }

  /** Log of a service so far. */
  logLines(service: string): LogLine[] {
    return parseLog(readFileSync(join(this.stack.dataDir, 'logs', `${service}.log`), 'utf8'));
  }

  /** Starts a worker beside the stack's own, which `restore` ends. */
  async startWorker(environment: Environment = {}, { hasChannel = true } = {}): Promise<OwnWorker> {
    const { dataDir } = this.stack;
    const own = { REDIS_URL: `redis://127.0.0.1:${this.proxy.port}`, DATA_DIR: dataDir, WORKER_THREADS: '1' };
    const program = runProgram(
      process.execPath,
      [join(ROOT, 'services/worker/dist/main.js')],
      { ...this.gate.environment, ...own, ...environment },
      { hasChannel },
    );
    const ready = await waitUntil('the worker is ready', () =>
      parseLog(program.stdout()).find(({ msg }) => msg === 'ready'),
    );
    const worker = { ...program, pid: program.process.pid as number, port: ready['port'] as number };
    this.ownWorkers.push(worker);
    return worker;
  }

  /** Runs the reconciler now instead of within 15 s: frees its lease and starts a worker, which reconciles first. */
  async reconcile(): Promise<OwnWorker> {
    await this.inRedis((redis) => redis.del(RECONCILER_LEASE));
    return this.startWorker();
  }

  /** A Redis connection that bypasses the proxy. */
  async inRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.redis.url);
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** Ids of the jobs that a running worker has locked. */
  activeJobs(queue: QueueName): Promise<string[]> {
    return this.inRedis(async (redis) => {
      const keys = await redis.keys(`${REDIS_PREFIX}:${queue}:*:lock`);
      return keys.map((key) => key.split(':').at(-2) as string);
    });
  }

  /** Ids of delayed shard jobs. */
  delayedShards(): Promise<string[]> {
    return this.inRedis((redis) => redis.zrange(`${REDIS_PREFIX}:${queueNames.shards}:delayed`, '0', '-1'));
  }

  // See queue-time.ts.
  readonly passDelays = (): Promise<void> => passDelays(this.redis.url);
  readonly expireLocks = (): Promise<void> => this.inRedis(passLockTime);

  /**
   * Lets locks run out, with a worker that gives their jobs out again now: those that run look for such jobs every 15
   * s.
   */
  async deliverAgain(): Promise<OwnWorker> {
    await this.expireLocks();
    return this.startWorker();
  }

  /** Kills the stack's workers and expires their locks. The stack restarts them. */
  async killWorkers(): Promise<void> {
    await untilWorkersAreNamed(this.stack.dataDir);
    const killed = this.ready.pids.workers;
    this.signalWorkers('SIGKILL');
    await waitUntil('they are gone', () => !killed.some(isRunning));
    await this.expireLocks();
  }

  signalWorkers(signal: NodeJS.Signals): void {
    signalWorkers(this.stack.dataDir, signal);
  }

  /** Runs `work` while every worker is stopped, then continues them. */
  whilePaused<T>(work: () => Promise<T>): Promise<T> {
    return whilePaused(this.stack.dataDir, work);
  }

  /** Holds writes of the file store to paths that match, in every process of the stack (see gate.ts). */
  hold(path: RegExp): Hold {
    return this.gate.hold(path);
  }
}
