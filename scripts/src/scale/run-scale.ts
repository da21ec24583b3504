import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CytoqueueClient } from '@cytoqueue/client';
import { type ScalingPolicy, derivePolicy, measuredThroughput } from '@cytoqueue/scaling';
import { writeInputFile } from '../bench/batch/input-file';
import { shippedModel } from '../bench/classifier/models';
import { accountForRows } from './account';
import { type ControlSample, Controller, POLICY_SECONDS_PER_SECOND } from './controller';
import { describeComparison, drawRun, printRun } from './draw-run';
import { Lab } from './lab';
import { type Run, compareWithSimulation } from './replay';

export interface ScaleDemoOptions {
  readonly client: CytoqueueClient;
  /** Starts or stops workers, of which one runs. Resolves when so many serve. */
  readonly scaleWorkers: (count: number) => Promise<void>;
  readonly shardRows: number;
  /** Of the file that is sent again and again. */
  readonly rows: number;
  /** Backlog a worker that the policy aims at; left out: what the policy derives from the pace of a worker. */
  readonly targetRows?: number;
  /** For the files of the run. */
  readonly folder: string;
  readonly chart: string;
}

const POLL_MS = 100;
/** Each of the two phases, scaling out and scaling in. */
const PHASE_DEADLINE_MS = 300_000;
/** The lab sends on until the second worker has run for so many periods, and keeps so many targets ahead. */
const PERIODS_TOGETHER = 4;
const TARGETS_AHEAD = 4;
/** To be seen at the end. */
const PERIODS_ALONE = 3;

/** As for the deployment, but for one or two workers of this machine, and with a minute of policy in each second. */
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

/** Workers, one to two to one, on the real queue. @throws Error unless that was seen and every row is accounted for */
export async function runScaleDemo(options: ScaleDemoOptions): Promise<void> {
  const { client, rows, folder, chart } = options;
  const input = join(folder, 'rows.csv');
  await writeInputFile(input, rows, shippedModel('wbc-knn'));
  await untilIdle(client);
  const lab = new Lab(client, input, rows);
  const run = await scaleUnderLoad(options, lab);
  await present(run, chart);
  await account(client, lab, input, folder);
  await rm(input);
  checkWorkers(run.samples);
}

/** The lab sends, the controller follows. Resolves when all is done and one worker is left. */
async function scaleUnderLoad({ client, scaleWorkers, shardRows, rows, targetRows }: ScaleDemoOptions, lab: Lab): Promise<Run> {
  const policy = demoPolicy(targetRows);
  const samples: ControlSample[] = [];
  const workers = { running: 1, startSeconds: 0 };
  const controller = new Controller({
    policy,
    client,
    acceptedRows: (untilMs) => lab.acceptedRows(untilMs),
    workersRunning: () => workers.running,
    scale: async (count) => {
      const beforeMs = performance.now();
      await scaleWorkers(count);
      if (count > workers.running) workers.startSeconds = ((performance.now() - beforeMs) / 1_000) * POLICY_SECONDS_PER_SECOND;
      workers.running = count;
    },
    onSample: (sample, { reason }) => {
      if (sample.desired !== (samples.at(-1)?.desired ?? 1)) console.log(`  ${describeSample(sample)}: ${sample.desired} desired, because of ${reason}`);
      samples.push(sample);
    },
    onError: (error) => console.log(`  not followed for now: ${String(error)}`),
  });
  console.log(`\nTarget: ${policy.targetBacklogRowsPerWorker.toLocaleString('en')} rows of backlog a worker. A lab sends files of ${rows.toLocaleString('en')} rows …`);
  controller.start();
  try {
    await sendUntil(lab, samples, policy, () => samples.filter(({ running }) => running === 2).length >= PERIODS_TOGETHER);
    await lab.untilFinished();
    await untilTrue('one worker is left', () => samples.slice(-PERIODS_ALONE).every(({ running, desired }) => running === 1 && desired === 1));
  } finally {
    await controller.stop();
  }
  const arrivals = lab.arrivals.map(({ acceptedAtMs }) => ({ atSeconds: controller.policySeconds(acceptedAtMs), rows }));
  return { policy, samples, arrivals, shardRows, startSeconds: workers.startSeconds };
}

async function present(run: Run, chart: string): Promise<void> {
  const comparison = compareWithSimulation(run);
  const notes = describeComparison(comparison);
  await mkdir(dirname(chart), { recursive: true });
  await writeFile(chart, drawRun(run, comparison, notes));
  console.log(`\n${printRun(run, comparison)}\n\nThe simulator on the same load:\n  ${notes.join('\n  ')}\nChart: ${chart}`);
}

async function account(client: CytoqueueClient, lab: Lab, input: string, folder: string): Promise<void> {
  const batches = await lab.untilFinished();
  const rows = await accountForRows(client, batches, input, folder);
  console.log(`${rows.toLocaleString('en')} rows in ${batches.length} batches: each in its result once, in its place, and every result the same bytes`);
  await Promise.all(batches.map(({ id }) => client.deleteBatch(id)));
}

/** What an interrupted run has left would be a load of its own. */
async function untilIdle(client: CytoqueueClient): Promise<void> {
  while ((await client.queue()).backlog_rows > 0) await sleep(POLL_MS);
}

async function sendUntil(lab: Lab, samples: readonly ControlSample[], { targetBacklogRowsPerWorker }: ScalingPolicy, isEnough: () => boolean): Promise<void> {
  const deadline = Date.now() + PHASE_DEADLINE_MS;
  while (!isEnough()) {
    if (Date.now() > deadline) throw new Error('no second worker was started');
    const ahead = lab.acceptedRows(Date.now()) - (samples.at(-1)?.doneRows ?? 0);
    if (ahead < TARGETS_AHEAD * targetBacklogRowsPerWorker) await lab.send();
    else await sleep(POLL_MS);
  }
}

async function untilTrue(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + PHASE_DEADLINE_MS;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`it has not come to this: ${what}`);
    await sleep(POLL_MS);
  }
}

/** @throws Error unless one worker became two became one, and the workers themselves said so too */
export function checkWorkers(samples: readonly Pick<ControlSample, 'running' | 'alive'>[]): void {
  const counts = samples.map(({ running }) => running).filter((count, index, all) => count !== all[index - 1]);
  console.log(`Workers: ${counts.join(' → ')}`);
  if (counts.join() !== '1,2,1') throw new Error(`the workers were ${counts.join(' → ')}, not 1 → 2 → 1`);
  // Not by our own word only.
  if (!samples.some(({ alive }) => alive === 2)) throw new Error('two workers never reported to the queue');
}

function describeSample({ atSeconds, backlogRows }: ControlSample): string {
  const backlog = backlogRows === null ? 'unknown' : backlogRows.toLocaleString('en');
  return `${(atSeconds / POLICY_SECONDS_PER_SECOND).toFixed(0).padStart(3)} s, backlog ${backlog}`;
}
