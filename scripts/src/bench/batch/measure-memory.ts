import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { shippedModel } from '../classifier/models';
import type { BenchOptions } from '../bench-options';
import { withStack } from '../service/bench-stack';
import { withMoto } from '../service/moto';
import { writeInputFile } from './input-file';
import { type BatchRun, runBatch } from './run-batch';

const ROWS = [100_000, 1_000_000];
const LARGE_ROWS = [...ROWS, 10_000_000];
/** One worker: how memory is divided among workers is not measured here. */
const CONFIGURATION = { WORKERS: '1', WORKER_THREADS: '2' };

type Memory = Record<string, BatchRun['memory']>;

export interface MemoryMeasurements {
  /** MiB by number of rows, for the API and a worker with two threads. */
  readonly file: Memory;
  /** Null without an S3 server. Its memory is not counted. */
  readonly s3: Memory | null;
}

/** Measures the memory of batches from few rows to many on both stores, each on a separate stack. */
export async function measureMemory({ environment, large }: BenchOptions, folder: string): Promise<MemoryMeasurements> {
  const sizes = large ? LARGE_ROWS : ROWS;
  const file = await measure('file store', environment, sizes, folder);
  const s3 = await withMoto((variables) => measure('S3', { ...environment, ...variables }, sizes, folder, variables));
  return { file, s3: s3 ?? null };
}

async function measure(
  name: string,
  environment: BenchOptions['environment'],
  sizes: readonly number[],
  folder: string,
  own = {},
): Promise<Memory> {
  const memory: Memory = {};
  const input = join(folder, 'memory.csv');
  const output = join(folder, 'memory-output.csv');
  for (const rows of sizes) {
    await writeInputFile(input, rows, shippedModel('wbc-knn'));
    const run = await withStack(environment, { ...CONFIGURATION, ...own }, (stack) => runBatch(stack, input, output));
    memory[rows] = run.memory;
    const stages = Object.entries(run.memory.byStage)
      .map(([stage, mib]) => `${stage} ${mib}`)
      .join(', ');
    console.log(
      `  memory, ${name}, ${rows.toLocaleString('en')} rows: API ${run.memory.api}, worker ${run.memory.workers.join()}, together ${run.memory.together} MiB (${stages})`,
    );
    await rm(output);
  }
  return memory;
}
