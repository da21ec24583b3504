import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CytoqueueClient } from '@cytoqueue/client';
import { type ScalingPolicy, derivePolicy, measuredThroughput } from '@cytoqueue/scaling';
import { writeInputFile } from '../bench/batch/input-file';
import { shippedModel } from '../bench/classifier/models';
import { verifyRows } from './verify-rows';
import { type ControlSample, Controller, POLICY_SECONDS_PER_SECOND } from './controller';
import { formatComparison, drawRun, printRun } from './draw-run';
import { LoadGenerator } from './load-generator';
import { type Run, compareWithSimulation } from './replay';

export interface ScaleDemoOptions {
  readonly client: CytoqueueClient;
  /** Starts or stops workers; one runs at first. Resolves when this many are up. */
  readonly scaleWorkers: (count: number) => Promise<void>;
  readonly shardRows: number;
  /** Rows of the uploaded file. */
  readonly rows: number;
  /** Target backlog per worker; default: derived from the measured throughput of a worker. */
  readonly targetRows?: number;
  /** Directory of the run's files. */
  readonly folder: string;
  readonly chart: string;
}

const POLL_INTERVAL_MS = 100;
/** Time limit of each phase, scaling out and scaling in. */
const PHASE_DEADLINE_MS = 300_000;
/** Uploads continue until the second worker has run for this many periods, with this many targets of backlog. */
const PERIODS_TOGETHER = 4;
const TARGETS_AHEAD = 4;
/** Periods to record at the end. */
const PERIODS_ALONE = 3;

/** The deployment's policy for one or two workers on this machine; one second here is a minute of the policy. */
export function demoPolicy(targetRows?: number): ScalingPolicy {
  const policy = derivePolicy({
    minWorkers: 1,
    maxWorkers: 2,
    rowsPerSecondPerWorker: measuredThroughput.worker / POLICY_SECONDS_PER_SECOND,
    drainSeconds: 120,
    startSeconds: 60,
    metricLagSeconds: 60,
  });
  return targetRows === undefined ? policy : { ...policy, targetBacklogRowsPerWorker: targetRows };
}

/**
 * Scales from one to two workers and back on the real queue.
 * @throws Error unless it did and every row is accounted for
 */
export async function runScaleDemo(options: ScaleDemoOptions): Promise<void> {
  const { client, rows, folder, chart } = options;
  const input = join(folder, 'rows.csv');
  await writeInputFile(input, rows, shippedModel('wbc-knn'));
  await waitUntilIdle(client);
  const loadGenerator = new LoadGenerator(client, input, rows);
  const run = await scaleUnderLoad(options, loadGenerator);
  await reportRun(run, chart);
  await verifyBatches(client, loadGenerator, input, folder);
  await rm(input);
  checkWorkers(run.samples);
}

/** Runs load and controller. Resolves when all batches are finished and one worker is left. */
async function scaleUnderLoad(
  { client, scaleWorkers, shardRows, rows, targetRows }: ScaleDemoOptions,
  loadGenerator: LoadGenerator,
): Promise<Run> {
  const policy = demoPolicy(targetRows);
  const samples: ControlSample[] = [];
  const workers = { running: 1, startSeconds: 0 };
  const controller = new Controller({
    policy,
    client,
    acceptedRows: (untilMs) => loadGenerator.acceptedRows(untilMs),
    workersRunning: () => workers.running,
    scale: async (count) => {
      const beforeMs = performance.now();
      await scaleWorkers(count);
      if (count > workers.running)
        workers.startSeconds = ((performance.now() - beforeMs) / 1_000) * POLICY_SECONDS_PER_SECOND;
      workers.running = count;
    },
    onSample: (sample, { reason }) => {
      if (sample.desired !== (samples.at(-1)?.desired ?? 1))
        console.log(`  ${formatSample(sample)}: ${sample.desired} desired, because of ${reason}`);
      samples.push(sample);
    },
    onError: (error) => console.log(`  not followed for now: ${String(error)}`),
  });
  console.log(
    `\nTarget: ${policy.targetBacklogRowsPerWorker.toLocaleString('en')} rows of backlog a worker. A lab sends files of ${rows.toLocaleString('en')} rows …`,
  );
  controller.start();
  try {
    await sendUntil(
      loadGenerator,
      samples,
      policy,
      () => samples.filter(({ running }) => running === 2).length >= PERIODS_TOGETHER,
    );
    await loadGenerator.waitUntilFinished();
    await waitUntilTrue('one worker is left', () =>
      samples.slice(-PERIODS_ALONE).every(({ running, desired }) => running === 1 && desired === 1),
    );
  } finally {
    await controller.stop();
  }
  const arrivals = loadGenerator.arrivals.map(({ acceptedAtMs }) => ({
    atSeconds: controller.policySeconds(acceptedAtMs),
    rows,
  }));
  return { policy, samples, arrivals, shardRows, startSeconds: workers.startSeconds };
}

async function reportRun(run: Run, chart: string): Promise<void> {
  const comparison = compareWithSimulation(run);
  const notes = formatComparison(comparison);
  await mkdir(dirname(chart), { recursive: true });
  await writeFile(chart, drawRun(run, comparison, notes));
  console.log(
    `\n${printRun(run, comparison)}\n\nThe simulator on the same load:\n  ${notes.join('\n  ')}\nChart: ${chart}`,
  );
}

async function verifyBatches(
  client: CytoqueueClient,
  loadGenerator: LoadGenerator,
  input: string,
  folder: string,
): Promise<void> {
  const batches = await loadGenerator.waitUntilFinished();
  const rows = await verifyRows(client, batches, input, folder);
  console.log(
    `${rows.toLocaleString('en')} rows in ${batches.length} batches: each in its result once, in its place, and every result the same bytes`,
  );
  await Promise.all(batches.map(({ id }) => client.deleteBatch(id)));
}

/** Batches left by an interrupted run would add load. */
async function waitUntilIdle(client: CytoqueueClient): Promise<void> {
  while ((await client.queue()).backlog_rows > 0) await sleep(POLL_INTERVAL_MS);
}

async function sendUntil(
  loadGenerator: LoadGenerator,
  samples: readonly ControlSample[],
  { targetBacklogRowsPerWorker }: ScalingPolicy,
  isEnough: () => boolean,
): Promise<void> {
  const deadline = Date.now() + PHASE_DEADLINE_MS;
  while (!isEnough()) {
    if (Date.now() > deadline) throw new Error('no second worker was started');
    const ahead = loadGenerator.acceptedRows(Date.now()) - (samples.at(-1)?.doneRows ?? 0);
    if (ahead < TARGETS_AHEAD * targetBacklogRowsPerWorker) await loadGenerator.upload();
    else await sleep(POLL_INTERVAL_MS);
  }
}

async function waitUntilTrue(condition: string, isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + PHASE_DEADLINE_MS;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`it has not come to this: ${condition}`);
    await sleep(POLL_INTERVAL_MS);
  }
}

/** @throws Error unless the number went from one to two and back, also by the workers' heartbeats */
export function checkWorkers(samples: readonly Pick<ControlSample, 'running' | 'alive'>[]): void {
  const counts = samples.map(({ running }) => running).filter((count, index, all) => count !== all[index - 1]);
  console.log(`Workers: ${counts.join(' → ')}`);
  if (counts.join() !== '1,2,1') throw new Error(`the workers were ${counts.join(' → ')}, not 1 → 2 → 1`);
  // The workers' heartbeats confirm the number.
  if (!samples.some(({ alive }) => alive === 2)) throw new Error('two workers never reported to the queue');
}

function formatSample({ atSeconds, backlogRows }: ControlSample): string {
  const backlog = backlogRows === null ? 'unknown' : backlogRows.toLocaleString('en');
  return `${(atSeconds / POLICY_SECONDS_PER_SECOND).toFixed(0).padStart(3)} s, backlog ${backlog}`;
}
