import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, launch, type ChildHandle } from './launch';
import type { ProcessRecord } from './process-record';
import type { RedisGuard } from './redis-guard';
import type { StartingChild } from './supervisor';

const POLL_INTERVAL_MS = 50;
const ANSWER_DEADLINE_MS = 2_000;
/**
 * MiB of a semi-space of the young generation (default 16). Streams drop a buffer per chunk, whose memory lies outside
 * the heap and is freed only when its object is collected: a large young generation accumulates tens of MB. With 2
 * instead of 1, a record takes a tenth less of the API's CPU, and a batch of a million rows 6 MiB more.
 */
const SEMI_SPACE_MIB = { api: 2, worker: 1 };
/**
 * The old generation may double between collections. V8 would let it grow further: 50 MiB more for both services under
 * single records. With 50 %, 14 MiB less for a batch of a million rows, but 5 % fewer single records per second.
 */
const HEAP_GROWING_PERCENT = 100;
/**
 * glibc's mmap threshold in bytes: larger blocks return to the system when freed. By default the threshold rises with
 * freed blocks up to 32 MiB, and parts and shard objects fragment the heap. Not lower, because scoring allocates memory
 * for every shard.
 */
export const ALLOCATOR_OPTIONS = { MALLOC_MMAP_THRESHOLD_: String(2 * 1024 * 1024) };
const ROOT = resolve(__dirname, '../../..');

export interface ServiceOptions {
  service: 'api' | 'worker';
  /** Program of Node.js. */
  node: string;
  environment: Environment;
  logFile: string;
  /** Set when the stack runs Redis, which must outlive the service. */
  guard: RedisGuard | undefined;
}

/** Message that a service sends over its IPC channel when it is up; the API adds its address. */
interface UpMessage {
  type: 'listening' | 'ready';
  url?: string;
  port: number;
}

/** Starts a worker process; it is up when it says so, with the port of its health and metrics. */
export function launchWorker(
  options: ServiceOptions,
  record: ProcessRecord,
  onReady: (port: number) => void,
): StartingChild {
  const launched = launchService(options, record);
  return { ...launched, ready: waitForUpMessage(launched).then(({ port }) => onReady(port)) };
}

/**
 * Starts the API; it is up when it has sent its address and, with `untilHealthy`, reports Redis and the store as
 * reachable.
 */
export function launchApi(
  options: ServiceOptions,
  record: ProcessRecord,
  { untilHealthy, onUp }: { untilHealthy: boolean; onUp: (url: string) => void },
): StartingChild {
  const launched = launchService(options, record);
  const ready = waitForUpMessage(launched).then(async ({ url, port }) => {
    const address = url ?? `http://127.0.0.1:${port}`;
    if (untilHealthy) await waitUntilHealthy(address, launched);
    onUp(address);
  });
  return { ...launched, ready };
}

/** Options of Node.js for a service. The images and the systemd units have the same. */
export function nodeOptions(service: ServiceOptions['service']): string[] {
  return [`--max-semi-space-size=${SEMI_SPACE_MIB[service]}`, `--heap-growing-percent=${HEAP_GROWING_PERCENT}`];
}

function launchService(
  { service, node, environment, logFile, guard }: ServiceOptions,
  record: ProcessRecord,
): ChildHandle {
  const main = resolve(ROOT, 'services', service, 'dist/main.js');
  const moreStdio = guard === undefined ? (['ipc'] as const) : (['ipc', guard.pipe] as const);
  return launch(
    {
      command: node,
      args: [...nodeOptions(service), main],
      environment: { ...ALLOCATOR_OPTIONS, ...environment },
      logFile,
      ownSession: false,
      moreStdio,
    },
    record,
  );
}

async function waitForUpMessage({ child, exited }: ChildHandle): Promise<UpMessage> {
  const waiting = new AbortController();
  void exited.then(() => waiting.abort());
  for (;;) {
    const [message] = (await once(child, 'message', { signal: waiting.signal })) as [unknown];
    if (isUpMessage(message)) return message;
  }
}

function isUpMessage(message: unknown): message is UpMessage {
  const type = (message as Partial<UpMessage> | null)?.type;
  return type === 'listening' || type === 'ready';
}

async function waitUntilHealthy(url: string, { child }: ChildHandle): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    if (await isHealthy(url)) return;
    await sleep(POLL_INTERVAL_MS);
  }
  throw new Error('ended before it was healthy');
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
