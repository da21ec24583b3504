import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { shippedModel } from '../classifier/models';
import { TRAINING, presentPeers, pythonInterpreter } from '../python';
import { type Ratio, median, quantile, ratioOf, rounded } from '../statistics';
import type { BenchOptions } from '../bench-options';
import { type RunningStack, withStack } from '../service/bench-stack';
import { checkResults } from './check-results';
import { writeInputFile } from './input-file';
import { type BatchRun, STAGES, runBatch } from './run-batch';
import { checkCompetitor } from './check-competitor';
import { measureMemory } from './measure-memory';
import {
  COMPETITORS,
  COMPETITOR_NAMES,
  type CompetitorName,
  type CompetitorRun,
  runCompetitor,
} from './script-competitors';

const ROWS = 1_000_000;
/** Row limit of the untuned script, which takes half a minute per million rows and keeps all of them in memory. */
const MAX_NAIVE_ROWS = 2_000_000;

/** Rows of the warm-up file, different from the measured one. */
const WARM_UP_SEED = 12;

/** Configurations of the service, by the name of their measurements. */
const CONFIGURATIONS = {
  '1 worker, 1 thread': { WORKERS: '1', WORKER_THREADS: '1' },
  '2 workers, 1 thread each': { WORKERS: '2', WORKER_THREADS: '1' },
  '1 worker, 2 threads': { WORKERS: '1', WORKER_THREADS: '2' },
} as const;
type Configuration = keyof typeof CONFIGURATIONS;
const CONFIGURATION_NAMES = Object.keys(CONFIGURATIONS) as Configuration[];

/** A batch on a service that has processed another one before, in `firstWall` seconds. */
type ServiceRun = BatchRun & { readonly firstWall: number };

interface Files {
  readonly warmUpFile: string;
  readonly input: string;
  readonly output: string;
}

interface Measurements {
  readonly service: Record<Configuration, ServiceRun[]>;
  readonly competitors: Partial<Record<CompetitorName, CompetitorRun[]>>;
}

/** Compares the service (durable on disk) with the scripts that a user would otherwise write. */
export async function benchBatch(options: BenchOptions): Promise<unknown> {
  const rows = options.rows ?? ROWS;
  const folder = await mkdtemp(join(tmpdir(), 'cytoqueue-bench-batch-'));
  try {
    const files = {
      warmUpFile: join(folder, 'earlier.csv'),
      input: join(folder, 'input.csv'),
      output: join(folder, 'output.csv'),
    };
    await writeInputFile(files.input, rows, shippedModel('wbc-knn'));
    await writeInputFile(files.warmUpFile, rows, shippedModel('wbc-knn'), WARM_UP_SEED);
    console.log(
      `\nbatch: ${rows.toLocaleString('en')} rows × 11 columns, ${Math.round((await stat(files.input)).size / 1e6)} MB, store on ${tmpdir()}`,
    );
    const measured = await measureRounds(options, rows, files);
    report(rows, measured);
    const memory = await measureMemory(options, folder);
    return { ...toMeasurements(rows, measured), memory };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Measures everything once per round, so that all see the same load. Results are checked in the first round. */
async function measureRounds(
  { environment, rounds, python }: BenchOptions,
  rows: number,
  files: Files,
): Promise<Measurements> {
  const { input, output } = files;
  const interpreter = pythonInterpreter(python);
  const competitorNames = await competitorsFor(interpreter, rows);
  const service = Object.fromEntries(
    CONFIGURATION_NAMES.map((name): [Configuration, ServiceRun[]] => [name, []]),
  ) as Measurements['service'];
  const competitors = Object.fromEntries(competitorNames.map((name): [CompetitorName, CompetitorRun[]] => [name, []]));
  const digests = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    for (const name of CONFIGURATION_NAMES) {
      service[name].push(await withStack(environment, CONFIGURATIONS[name], (stack) => runWarm(stack, files)));
      if (digests.size === 0) await checkService(input, output);
      digests.add(await digestOf(output));
    }
    if (digests.size > 1) throw new Error('two runs have not written the same bytes');
    for (const name of competitorNames) {
      await removeOutput(output);
      competitors[name]?.push(await runCompetitor(interpreter, name, input, output));
      await flush(output);
      if (round === 0) await checkCompetitor(TRAINING, input, output);
    }
  }
  return { service, competitors };
}

async function competitorsFor(interpreter: string, rows: number): Promise<CompetitorName[]> {
  const present = await presentPeers(interpreter, COMPETITORS);
  return present.filter((name) => name !== 'pandas_sklearn_obvious' || rows <= MAX_NAIVE_ROWS);
}

/** Measures the first batch of a fresh stack, then a warm service, which has cached results of the first file. */
async function runWarm(stack: RunningStack, { warmUpFile, input, output }: Files): Promise<ServiceRun> {
  await removeOutput(output);
  const { wall: firstWall } = await runBatch(stack, warmUpFile, output);
  await removeOutput(output);
  const run = await runBatch(stack, input, output);
  await flush(output);
  return { ...run, firstWall };
}

/** Overwriting an earlier output would count as time of the next run. */
function removeOutput(file: string): Promise<void> {
  return rm(file, { force: true });
}

/** Syncs to disk, so that the next measurement does not wait for it. */
async function flush(file: string): Promise<void> {
  const handle = await open(file);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function checkService(input: string, output: string): Promise<void> {
  const { rows, distinct } = await checkResults(input, output, shippedModel('wbc-knn'));
  console.log(
    `  ${rows.toLocaleString('en')} rows in their order, unchanged, each as the reference answers, to the last digit (${distinct.toLocaleString('en')} distinct records)`,
  );
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}

function report(rows: number, { service, competitors }: Measurements): void {
  for (const name of CONFIGURATION_NAMES) {
    const { wall, firstWall, stages, memory, cpuSeconds } = medianRun(service[name]);
    const parts = [
      ...STAGES.map((stage) => `${stage} ${stages[stage].toFixed(2)}`),
      `its first batch ${firstWall.toFixed(2)}`,
    ].join(', ');
    const mib = `MiB: API ${memory.api}, workers ${memory.workers.join(' + ')}, together ${memory.together}`;
    console.log(
      `  ${name.padEnd(26)}${wall.toFixed(2).padStart(7)} s ${Math.round(rows / wall)
        .toLocaleString('en')
        .padStart(10)} rows/s  CPU ${cpuSeconds?.toFixed(2)} s  (${parts})  ${mib}`,
    );
  }
  for (const [name, runs] of Object.entries(competitors)) {
    const { wall, memory, versions, cpuSeconds } = medianRun(runs);
    const what = Object.entries(versions)
      .map((entry) => entry.join(' '))
      .join(', ');
    console.log(
      `  ${name.padEnd(26)}${wall.toFixed(2).padStart(7)} s ${Math.round(rows / wall)
        .toLocaleString('en')
        .padStart(10)} rows/s  CPU ${cpuSeconds?.toFixed(2)} s  ${memory} MiB  ${what}`,
    );
  }
}

function toMeasurements(rows: number, { service, competitors }: Measurements) {
  const ratioTo = (name: Configuration, others: readonly { wall: number }[] | undefined): Ratio | null =>
    others === undefined ? null : ratioOf(others.map(({ wall }, round) => wall / runOf(service[name], round).wall));
  const serviceFigures = CONFIGURATION_NAMES.map((name) => {
    const { wall, firstWall, stages, memory, cpuSeconds } = medianRun(service[name]);
    const ratio = Object.fromEntries(COMPETITOR_NAMES.map((peer) => [peer, ratioTo(name, competitors[peer])]));
    return [
      name,
      {
        wall_seconds: rounded(wall),
        rows_per_second: Math.round(rows / wall),
        cpu_seconds: cpuSeconds,
        stage_seconds: roundedSeconds(stages),
        first_batch_seconds: rounded(firstWall),
        peak_mib: memory,
        ratio,
      },
    ];
  });
  const competitorFigures = Object.entries(competitors).map(([name, runs]) => {
    const { wall, memory, versions, cpuSeconds } = medianRun(runs);
    return [name, { wall_seconds: rounded(wall), cpu_seconds: cpuSeconds, peak_mib: memory, versions }];
  });
  return {
    rows,
    service: Object.fromEntries(serviceFigures) as object,
    two_workers_to_one: ratioTo('2 workers, 1 thread each', service['1 worker, 1 thread']),
    two_workers_to_one_scoring: scoringRatio(service),
    peers: {
      ...Object.fromEntries(COMPETITOR_NAMES.map((name) => [name, null])),
      ...(Object.fromEntries(competitorFigures) as object),
    },
  };
}

/** Throughput between acceptance and the last scored shard, the part that the workers do. */
function scoringRatio(service: Measurements['service']): number {
  const two = service['2 workers, 1 thread each'];
  return rounded(
    median(service['1 worker, 1 thread'].map(({ stages }, round) => stages.scoring / runOf(two, round).stages.scoring)),
  );
}

function roundedSeconds(stages: BatchRun['stages']): Record<string, number> {
  return Object.fromEntries(STAGES.map((stage) => [stage, rounded(stages[stage])]));
}

/** Run with the median wall time. */
function medianRun<T extends { wall: number }>(runs: readonly T[]): T {
  const wall = quantile(
    runs.map((run) => run.wall),
    0.5,
  );
  return runs.find((run) => run.wall === wall) ?? runOf(runs, 0);
}

function runOf<T>(runs: readonly T[], round: number): T {
  const run = runs[round];
  if (run === undefined) throw new RangeError(`there is no run ${round}`);
  return run;
}
