import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { writeInputFile } from '../batch/input-file';
import { runBatch } from '../batch/run-batch';
import { shippedModel } from '../classifier/models';
import { quantile, rounded } from '../statistics';
import type { BenchOptions } from '../bench-options';
import { type RunningStack, withStack } from '../service/bench-stack';
import { predictionBodies } from '../single/prediction-bodies';
import type { TimedResponse, ConstantRateOptions } from './constant-rate-client';

const ROWS = 10_000_000;
const REQUESTS_PER_SECOND = 20;
const WARM_UP_MS = 5_000;
const IDLE_MS = 15_000;

interface MixedRun {
  readonly idle: number[];
  /** Latency by the stage of the batch in which the request was due. */
  readonly busy: Record<string, number[]>;
  readonly batchSeconds: number;
}

/**
 * Measures single predictions at a constant rate, alone and during a large batch, on one worker with default threads.
 */
export async function benchMixed({ environment, rounds, rows = ROWS }: BenchOptions): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'cytoqueue-bench-mixed-'));
  try {
    const input = join(folder, 'input.csv');
    await writeInputFile(input, rows, shippedModel('wbc-knn'));
    const runs: MixedRun[] = [];
    const own = { WORKERS: '1', WORKER_THREADS: undefined };
    for (let round = 0; round < rounds; round++)
      runs.push(await withStack(environment, own, (stack) => runMixed(stack, input)));
    return report(rows, runs);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runMixed(stack: RunningStack, input: string): Promise<MixedRun> {
  const bodies = predictionBodies(shippedModel('wbc-knn'), 1_000);
  const client = new ConstantRateClient({
    url: stack.api.url,
    key: stack.api.key,
    bodies,
    perSecond: REQUESTS_PER_SECOND,
  });
  await sleep(WARM_UP_MS + IDLE_MS);
  const startedMs = performance.timeOrigin + performance.now();
  // Discards the result: a client would not write it to the service's disk.
  const { wall, stages } = await runBatch(stack, input, devNull);
  const answers = await client.stop();
  const between = (fromMs: number, toMs: number) =>
    answers.filter(([dueMs]) => dueMs >= fromMs && dueMs < toMs).map(([, tookMs]) => tookMs);
  let fromMs = startedMs;
  const busy = Object.entries(stages).map(([stage, seconds]) => [stage, between(fromMs, (fromMs += seconds * 1000))]);
  return {
    idle: between(startedMs - IDLE_MS, startedMs),
    busy: Object.fromEntries(busy) as MixedRun['busy'],
    batchSeconds: wall,
  };
}

function report(rows: number, runs: readonly MixedRun[]): object {
  const stages = new Set(runs.flatMap((run) => Object.keys(run.busy)));
  const latenciesIn = (stage: string) => runs.flatMap((run) => run.busy[stage] ?? []);
  const idle = toLatencies(runs.flatMap((run) => run.idle));
  const busy = toLatencies([...stages].flatMap(latenciesIn));
  const byStage = Object.fromEntries([...stages].map((stage) => [stage, toLatencies(latenciesIn(stage))]));
  const seconds = rounded(
    quantile(
      runs.map((run) => run.batchSeconds),
      0.5,
    ),
  );
  console.log(
    `\nmixed: ${REQUESTS_PER_SECOND} single predictions a second, Prefer: wait, in ms; a batch of ${rows.toLocaleString('en')} rows took ${seconds} s beside them`,
  );
  for (const [name, { p50, p99, most, requests }] of Object.entries({ idle, 'with a batch': busy, ...byStage })) {
    console.log(
      `  ${name.padEnd(14)} p50 ${String(p50).padStart(6)}  p99 ${String(p99).padStart(6)}  most ${String(most).padStart(6)}  of ${requests}`,
    );
  }
  return {
    rows,
    per_second: REQUESTS_PER_SECOND,
    batch_seconds: seconds,
    idle_ms: idle,
    busy_ms: busy,
    busy_ms_by_stage: byStage,
  };
}

function toLatencies(times: readonly number[]) {
  return {
    p50: rounded(quantile(times, 0.5)),
    p99: rounded(quantile(times, 0.99)),
    most: rounded(times.reduce((most, time) => Math.max(most, time), 0)),
    requests: times.length,
  };
}

class ConstantRateClient {
  private readonly thread: Worker;

  constructor(workerData: ConstantRateOptions) {
    this.thread = new Worker(join(__dirname, 'constant-rate-client.js'), { workerData });
  }

  /** Waits for outstanding responses. */
  async stop(): Promise<TimedResponse[]> {
    const answered = once(this.thread, 'message') as Promise<[TimedResponse[]]>;
    this.thread.postMessage('stop');
    return (await answered)[0];
  }
}
