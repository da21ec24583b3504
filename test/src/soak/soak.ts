import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CleanupStack } from '@cytoqueue/runtime';
import { FakeClock, findFakeTime } from '../support/fake-clock';
import { ContractClient } from '../support/contract-client';
import { FaultStack } from '../support/fault-stack';
import { mountSmallDisk } from '../support/small-disk';
import { TcpProxy } from '../support/tcp-proxy';
import { EventLoops } from './event-loops';
import type { SoakEnvironment } from './damage';
import { EARLY_FAULTS, FAULTS, type Fault } from './faults';
import { Load } from './load';
import { createRandom } from './random';
import { Sampler, type Series } from './sampler';
import { type Slope, slopeOf } from './slopes';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
}

export interface SoakReport {
  readonly minutes: number;
  readonly seed: number;
  readonly faults: Record<string, number>;
  readonly load: Load['counts'];
  /** Violated invariants; empty on success. */
  readonly broken: readonly string[];
  readonly slopes: Partial<Record<Series, Slope & { most: number; flat: boolean }>>;
  readonly event_loop_delay_ms: Record<'api' | 'worker', { p50: number; p99: number } | null>;
}

const ROWS = 5_000;
const DISK_MIB = 512;
const MINUTE_MS = 60_000;
const FAULT_FREE_MS = 5_000;
/** Warm-up of every process: memory for loaded and compiled code is no leak. */
const WARM_UP_MS = 60_000;
/** Largest slope that counts as flat: above the noise of ten minutes and far below a leak that matters overnight. */
const MAX_PER_MINUTE: Record<Series, number> = {
  'api MiB': 5,
  'worker MiB': 5,
  'api descriptors': 2,
  'worker descriptors': 2,
  'redis keys': 20,
  'redis MiB': 1,
};

/**
 * Runs load and one random fault after another on real processes until the time is over, then checks every invariant.
 */
export async function soak({ minutes, seed }: SoakOptions): Promise<SoakReport> {
  const releasers = new CleanupStack();
  try {
    const { field, loops } = await prepare(releasers, createRandom(seed));
    const load = new Load(field.faults);
    await load.start();
    field.sampler.start();
    const faults = await injectFaults(field, minutes * MINUTE_MS);
    await load.stop();
    await field.sampler.stop();
    const delays = { api: loops.of('api'), worker: loops.of('worker') };
    return {
      minutes,
      seed,
      faults,
      load: load.counts,
      broken: load.failures,
      slopes: slopesOf(field.sampler),
      event_loop_delay_ms: delays,
    };
  } finally {
    await releasers.releaseAll();
  }
}

async function prepare(
  releasers: CleanupStack,
  random: () => number,
): Promise<{ field: SoakEnvironment; loops: EventLoops }> {
  const disk = mountSmallDisk(DISK_MIB);
  if (disk !== undefined) releasers.push('disk', () => disk.unmount());
  const clock = findFakeTime() === undefined ? undefined : new FakeClock();
  if (clock !== undefined) releasers.push('clock', () => clock.stop());
  const loops = new EventLoops();
  releasers.push('event loops', () => loops.stop());
  const folders =
    disk === undefined ? {} : { STORAGE_URL: `file://${disk.path}/objects`, DATA_DIR: join(disk.path, 'data') };
  const faults = await FaultStack.start(ROWS, {
    WORKERS: '2',
    CANARY_SECONDS: '60',
    ...folders,
    ...clock?.environment,
    ...loops.environment,
  });
  releasers.push('stack', () => faults.stop());
  const apiProxy = await TcpProxy.start(Number(new URL(faults.stack.url).port));
  releasers.push('proxy of the API', () => apiProxy.stop());
  faults.client = await ContractClient.connect(`http://127.0.0.1:${apiProxy.port}`, faults.stack.apiKey);
  const sampler = new Sampler(faults);
  releasers.push('sampler', () => sampler.stop());
  return { field: { faults, sampler, random, clock, apiProxy, disk: disk?.path }, loops };
}

/** @returns how often each fault was injected */
async function injectFaults(field: SoakEnvironment, durationMs: number): Promise<Record<string, number>> {
  const startedMs = performance.now();
  const counts: Record<string, number> = {};
  for (;;) {
    await sleep(FAULT_FREE_MS + field.random() * FAULT_FREE_MS);
    const passedMs = performance.now() - startedMs;
    if (passedMs > durationMs) return counts;
    const { name, run: happen } = chooseFault(field, passedMs < durationMs / 3 ? [...FAULTS, ...EARLY_FAULTS] : FAULTS);
    console.log(`${(passedMs / MINUTE_MS).toFixed(1).padStart(6)} min  ${name}`);
    await happen(field);
    counts[name] = (counts[name] ?? 0) + 1;
  }
}

function chooseFault({ random, clock, disk }: SoakEnvironment, faults: readonly Fault[]): Fault {
  const possible = faults.filter(
    ({ name }) =>
      (clock !== undefined || !name.startsWith('clock')) && (disk !== undefined || !name.startsWith('disk')),
  );
  return possible[Math.floor(random() * possible.length)]!;
}

function slopesOf({ samples }: Sampler): SoakReport['slopes'] {
  const slopes: SoakReport['slopes'] = {};
  for (const [series, own] of samples) {
    const slope = slopeOf(own, WARM_UP_MS);
    const most = MAX_PER_MINUTE[series];
    if (slope !== undefined) slopes[series] = { ...slope, most, flat: slope.perMinute <= most };
  }
  return slopes;
}
