import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, CleanupStack, ensureLocalApiKey, ensureSessionSecret } from '@cytoqueue/runtime';
import { AuxiliaryFile } from './auxiliary-file';
import { lockDataDir } from './data-dir-lock';
import { checkPortIsFree, findFreePort } from './free-port';
import type { Environment } from './launch';
import { ProcessRecord, terminateOrphans } from './process-record';
import { type Ready, removeReady, writeReady } from './ready-file';
import { RedisGuard } from './redis-guard';
import { launchRedis } from './redis-server';
import type { StackLog } from './stack-log';
import { launchApi, launchWorker } from './service';
import { serviceEnvironment, workerPort } from './service-environment';
import { serviceNode } from './service-node';
import { StackError } from './stack-error';
import { type StartingChild, Supervisor } from './supervisor';

const START_DEADLINE_MS = 60_000;
/** Longer than the services' own stop deadlines; after it they are killed. */
const STOP_DEADLINE_MS = { api: 25_000, worker: 65_000, redis: 10_000 };

export interface StackOptions {
  config: Config;
  /** Passed to the child processes. */
  environment: Environment;
  log: StackLog;
}

/** Redis, workers and the API on one machine, kept running until `stop`. One per DATA_DIR. */
export class Stack {
  readonly #config: Config;
  readonly #environment: Environment;
  readonly #reporter: StackLog;
  readonly #releasers: CleanupStack;
  readonly #record: ProcessRecord;
  readonly #readyFile: AuxiliaryFile;
  readonly #supervisors: Supervisor[] = [];
  /** Supervisors of the desired workers, ordered by name. */
  readonly #workers: Supervisor[] = [];
  readonly #workerPorts: number[] = [];
  #createWorker: ((index: number) => Supervisor) | undefined;
  #started: Promise<Ready> | undefined;
  #stopped: Promise<void> | undefined;
  #guard: RedisGuard | undefined;
  #describe: (() => Ready) | undefined;

  constructor({ config, environment, log: reporter }: StackOptions) {
    this.#config = config;
    this.#environment = environment;
    this.#reporter = reporter;
    this.#releasers = new CleanupStack(reporter.logger);
    this.#record = new ProcessRecord(config.dataDir, (error) => this.#warnUnwritten(error));
    this.#readyFile = new AuxiliaryFile(
      () => this.#writeReady(),
      (error) => this.#warnUnwritten(error),
    );
  }

  /** Public address, when it differs from the listening address. */
  get publicUrl(): string | undefined {
    return this.#config.publicUrl;
  }

  get dataDir(): string {
    return this.#config.dataDir;
  }

  /** Resolves when the API is healthy and every worker is up. A failed start leaves nothing running. */
  start(): Promise<Ready> {
    this.#started ??= this.#start().catch(async (error: unknown) => {
      await this.stop();
      throw error;
    });
    return this.#started;
  }

  /** Stops in order: the API accepts no more, the workers finish or return their jobs, then Redis ends. */
  stop(): Promise<void> {
    // A signal to the whole process group may end them before their turn.
    for (const worker of this.#workers) worker.stopRestarting();
    this.#stopped ??= this.#releasers.releaseAll();
    return this.#stopped;
  }

  /**
   * Starts or stops workers to reach this number. Resolves when new ones are up and the others have ended, their
   * jobs finished. Do not call it again before that.
   */
  async scaleWorkers(count: number): Promise<void> {
    this.#checkNotStopping();
    const leaving = this.#workers.slice(count);
    const joining = Array.from({ length: Math.max(0, count - this.#workers.length) }, () =>
      this.#createWorker?.(this.#workers.length),
    );
    await Promise.all([...joining.map((worker) => worker?.start()), ...leaving.map((worker) => worker.stop())]);
    this.#workers.splice(count);
    this.#refreshReady();
  }

  /** Sends SIGKILL; accepted work is in the store and in Redis' append-only file. */
  kill(): void {
    this.#readyFile.cancel();
    for (const supervisor of this.#supervisors) supervisor.kill();
    removeReady(this.#config.dataDir);
  }

  async #start(): Promise<Ready> {
    await this.#takeDataDir();
    await checkPortIsFree(this.#config.host, this.#config.port);
    // Decided once: a service that is started again runs with the same version.
    const node = serviceNode(this.#config.serviceNode);
    const { key, apiKeysFile } = await this.#settleApiKeys();
    const redis = await this.#startRedis();
    const environment = serviceEnvironment(this.#environment, this.#config, { redisUrl: redis.url, apiKeysFile });
    const SESSION_SECRET = this.#config.sessionSecret ?? (await ensureSessionSecret(this.#config.dataDir));
    // The workers are acquired first, so they are released after the API.
    const [, api] = await Promise.all([
      this.#startWorkers(node, environment),
      this.#startApi(node, { ...environment, SESSION_SECRET }),
    ]);
    this.#checkNotStopping();
    this.#describe = () => ({
      url: api.url(),
      api_key: key,
      pids: {
        stack: process.pid,
        api: pidOf(api.supervisor),
        workers: this.#workers.map(pidOf),
        ...(redis.supervisor === undefined ? {} : { redis: pidOf(redis.supervisor) }),
      },
      redis_url: redis.url,
      worker_ports: this.#workerPorts.slice(0, this.#workers.length),
    });
    this.#refreshReady();
    return this.#describe();
  }

  async #takeDataDir(): Promise<void> {
    this.#checkNotStopping();
    const { dataDir } = this.#config;
    mkdirSync(join(dataDir, 'logs'), { recursive: true, mode: 0o700 });
    const unlock = lockDataDir(dataDir);
    this.#acquire('lock', unlock);
    removeReady(dataDir);
    const orphans = await terminateOrphans(dataDir);
    if (orphans > 0) this.#reporter.warn(`ended ${orphans} processes that a killed stack had left on this DATA_DIR`);
  }

  /** Creates the local key, unless keys are configured. The services read `API_KEYS` only without a keys file. */
  async #settleApiKeys(): Promise<{ key: string | null; apiKeysFile: string | undefined }> {
    const { apiKeysFile, apiKeys, dataDir } = this.#config;
    return apiKeysFile === undefined && apiKeys === undefined ? ensureLocalApiKey(dataDir) : { key: null, apiKeysFile };
  }

  async #startRedis(): Promise<{ url: string; supervisor?: Supervisor }> {
    const { redisUrl, dataDir } = this.#config;
    if (redisUrl !== undefined) return { url: redisUrl };
    const guard = new RedisGuard();
    this.#acquire('redis guard', () => guard.stop());
    this.#guard = guard;
    const options = {
      dataDir,
      port: await findFreePort(),
      environment: this.#environment,
      logFile: this.#logFile('redis'),
      guard,
    };
    const supervisor = this.#supervise('redis', STOP_DEADLINE_MS.redis, () => launchRedis(options, this.#record));
    this.#acquire('redis', () => supervisor.stop());
    await supervisor.start();
    return { url: `redis://127.0.0.1:${options.port}`, supervisor };
  }

  async #startWorkers(node: string, environment: Environment): Promise<void> {
    this.#createWorker = (index) => {
      const name = `worker-${index + 1}`;
      const own = { ...environment, WORKER_PORT: String(workerPort(this.#config, index)) };
      const options = {
        service: 'worker',
        node,
        environment: own,
        logFile: this.#logFile(name),
        guard: this.#guard,
      } as const;
      const supervisor = this.#supervise(name, STOP_DEADLINE_MS.worker, () =>
        launchWorker(options, this.#record, (port) => (this.#workerPorts[index] = port)),
      );
      this.#workers.push(supervisor);
      return supervisor;
    };
    this.#acquire('workers', () => Promise.all(this.#workers.map((worker) => worker.stop())));
    await this.scaleWorkers(this.#config.workers);
  }

  /**
   * A restarted API reuses the first one's port, so that the address stays valid. Unlike the first one it counts as up
   * once it listens: while Redis or the store fails it serves what it can, and starting it again would not help.
   */
  async #startApi(node: string, environment: Environment): Promise<{ url: () => string; supervisor: Supervisor }> {
    let url = '';
    const supervisor = this.#supervise('api', STOP_DEADLINE_MS.api, () => {
      const isFirst = url === '';
      const own = isFirst ? environment : { ...environment, PORT: new URL(url).port };
      const options = {
        service: 'api',
        node,
        environment: own,
        logFile: this.#logFile('api'),
        guard: this.#guard,
      } as const;
      return launchApi(options, this.#record, {
        untilHealthy: isFirst,
        onUp: (address) => (url = address),
      });
    });
    this.#acquire('api', () => supervisor.stop());
    this.#acquire('ready file', () => {
      this.#readyFile.cancel();
      removeReady(this.#config.dataDir);
    });
    await supervisor.start();
    return { url: () => url, supervisor };
  }

  #supervise(name: string, stopDeadlineMs: number, launchProcess: () => StartingChild): Supervisor {
    const supervisor = new Supervisor({
      name,
      logFile: this.#logFile(name),
      launch: launchProcess,
      startDeadlineMs: START_DEADLINE_MS,
      stopDeadlineMs,
      onCrash: (death) => this.#reporter.crash(death),
      onRestart: () => this.#refreshReady(),
    });
    this.#supervisors.push(supervisor);
    return supervisor;
  }

  /** Updates ready.json after a process was replaced; not while the stack is still starting. */
  #refreshReady(): void {
    this.#readyFile.save();
  }

  #writeReady(): void {
    if (this.#describe !== undefined && this.#stopped === undefined) writeReady(this.#config.dataDir, this.#describe());
  }

  #warnUnwritten(error: Error): void {
    this.#reporter.warn(
      `a file in ${this.#config.dataDir} could not be written and will be as soon as possible: ${error.message}`,
    );
  }

  /** Nothing may be acquired after the release has begun, because it would never be released. */
  #acquire(name: string, release: () => unknown): void {
    this.#checkNotStopping();
    this.#releasers.push(name, release);
  }

  #checkNotStopping(): void {
    if (this.#stopped !== undefined) throw new StackError('the stack is being stopped');
  }

  #logFile(name: string): string {
    return join(this.#config.dataDir, 'logs', `${name}.log`);
  }
}

function pidOf(supervisor: Supervisor): number {
  return supervisor.pid ?? 0;
}
