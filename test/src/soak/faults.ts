import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';
import { type SoakEnvironment, damageDocument, damageShardObject, losePartOfRedis, truncateAnswers } from './damage';
import { fillDisk } from '../support/small-disk';

export interface Fault {
  readonly name: string;
  /** Injects a fault and removes it before it resolves. */
  readonly run: (environment: SoakEnvironment) => Promise<void>;
}

const OUTAGE_MS = 15_000;
const SHORT_OUTAGE_MS = 5_000;
const HOUR_SECONDS = 3_600;

/** The second worker only: the first one runs throughout, so that its leaks show. */
async function killWorker({ faults }: SoakEnvironment, signal: NodeJS.Signals): Promise<void> {
  const pid = faults.ready.pids.workers[1] as number;
  if (!isRunning(pid)) return;
  process.kill(pid, signal);
  await waitUntil('another takes its place', () => faults.ready.pids.workers[1] !== pid, 120_000);
}

async function pauseWorker({ faults, random }: SoakEnvironment): Promise<void> {
  const pid = faults.ready.pids.workers[Math.floor(random() * 2)] as number;
  if (!isRunning(pid)) return;
  process.kill(pid, 'SIGSTOP');
  await sleep(OUTAGE_MS);
  process.kill(pid, 'SIGCONT');
}

async function killApi({ faults }: SoakEnvironment): Promise<void> {
  const { api } = faults.ready.pids;
  process.kill(api, 'SIGKILL');
  await waitUntil('another API serves', () => faults.ready.pids.api !== api, 120_000);
}

async function emptyRedis({ faults, sampler }: SoakEnvironment, restart: boolean): Promise<void> {
  await faults.inRedis((redis) => redis.flushall());
  sampler.redisRestarted();
  if (!restart) return;
  await faults.redis.down();
  await faults.redis.up();
}

async function redisDown({ faults }: SoakEnvironment): Promise<void> {
  await faults.redis.down();
  await sleep(OUTAGE_MS);
  await faults.redis.up();
}

async function redisFrozen({ faults }: SoakEnvironment): Promise<void> {
  faults.redis.freeze();
  await sleep(OUTAGE_MS);
  faults.redis.thaw();
}

async function redisCut({ faults }: SoakEnvironment): Promise<void> {
  faults.proxy.cut();
  await sleep(SHORT_OUTAGE_MS);
  faults.proxy.restore();
}

async function redisReadOnly({ faults }: SoakEnvironment): Promise<void> {
  await faults.inRedis((redis) => redis.replicaof('127.0.0.1', 1));
  await sleep(SHORT_OUTAGE_MS);
  await faults.inRedis((redis) => redis.replicaof('NO', 'ONE'));
}

async function redisFull({ faults }: SoakEnvironment): Promise<void> {
  await faults.inRedis((redis) => redis.config('SET', 'maxmemory', '1'));
  await sleep(SHORT_OUTAGE_MS);
  await faults.inRedis((redis) => redis.config('SET', 'maxmemory', '0'));
}

async function diskFull({ disk }: SoakEnvironment): Promise<void> {
  if (disk === undefined) return;
  const ballast = join(disk, 'ballast');
  fillDisk(ballast);
  await sleep(SHORT_OUTAGE_MS);
  rmSync(ballast, { force: true });
}

async function clockJumps({ clock, random }: SoakEnvironment): Promise<void> {
  clock?.jump(random() < 0.5 ? HOUR_SECONDS : -HOUR_SECONDS);
  await sleep(OUTAGE_MS);
  clock?.jump(0);
}

export const FAULTS: readonly Fault[] = [
  { name: 'worker killed', run: (environment) => killWorker(environment, 'SIGKILL') },
  { name: 'worker told to stop', run: (environment) => killWorker(environment, 'SIGTERM') },
  { name: 'worker frozen for 15 s', run: pauseWorker },
  { name: 'Redis killed for 15 s', run: redisDown },
  { name: 'Redis frozen for 15 s', run: redisFrozen },
  { name: 'Redis cut off for 5 s', run: redisCut },
  { name: 'Redis a replica for 5 s', run: redisReadOnly },
  { name: 'Redis full for 5 s', run: redisFull },
  { name: 'Redis emptied', run: (environment) => emptyRedis(environment, false) },
  { name: 'Redis restarted empty', run: (environment) => emptyRedis(environment, true) },
  { name: 'Redis loses a quarter of its queues', run: losePartOfRedis },
  { name: 'disk of store, logs and stack full for 5 s', run: diskFull },
  { name: 'shard object damaged', run: damageShardObject },
  { name: 'description of a batch damaged', run: damageDocument },
  { name: 'half of the answers break off for 10 s', run: truncateAnswers },
  { name: 'clock off by an hour for 15 s', run: clockJumps },
];

/** Only in the first part, so that the last API process runs long enough for a leak to show. */
export const EARLY_FAULTS: readonly Fault[] = [{ name: 'API killed', run: killApi }];
