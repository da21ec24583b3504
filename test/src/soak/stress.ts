import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { CleanupStack } from '@cytoqueue/runtime';
import { ROOT } from '../support/stack-process';
import { type MachineLoad, startMachineLoad } from './machine-load';

interface StressOptions {
  readonly runs: number;
  /** Seed of the first run; each further run takes the next number. */
  readonly seed: number;
  /** Which test files; all when empty. */
  readonly patterns: readonly string[];
}

/** Output of jest --json. */
interface Results {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly name: string; readonly status: string }[];
}

interface Run {
  readonly seed: number;
  readonly seconds: number;
  /** Undefined when jest ended without any. */
  readonly results: Results | undefined;
  readonly status: number | NodeJS.Signals;
}

/**
 * Runs the test suite repeatedly in random file order, beside busy loops and a disk writer that end with this process.
 * @returns whether every run passed
 */
export async function stress({ runs, seed, patterns }: StressOptions): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'cytoqueue-stress-'));
  const releasers = new CleanupStack();
  releasers.push('folder', () => rmSync(folder, { recursive: true, force: true }));
  try {
    const load = startMachineLoad(folder);
    releasers.push('load', () => load.stop());
    const done: Run[] = [];
    while (done.length < runs && !load.isInterrupted())
      done.push(await runSuite({ seed: seed + done.length, patterns, folder, load }));
    process.stdout.write(`${done.map(describeRun).join('\n')}\n`);
    return done.length === runs && done.every(({ status }) => status === 0);
  } finally {
    await releasers.releaseAll();
  }
}

async function runSuite({
  seed,
  patterns,
  folder,
  load,
}: {
  seed: number;
  patterns: readonly string[];
  folder: string;
  load: MachineLoad;
}): Promise<Run> {
  const output = join(folder, `${seed}.json`);
  const startedMs = performance.now();
  process.stdout.write(`stress: a run in the file order of seed ${seed}\n`);
  const jest = spawn(
    process.execPath,
    [require.resolve('jest/bin/jest'), '--json', `--outputFile=${output}`, ...patterns],
    {
      cwd: ROOT,
      env: { ...process.env, TEST_ORDER_SEED: String(seed), FUZZ_SEED: String(seed) },
      stdio: 'inherit',
    },
  );
  load.endWith(jest);
  const [code, signal] = (await once(jest, 'exit')) as [number | null, NodeJS.Signals | null];
  return {
    seed,
    seconds: Math.round((performance.now() - startedMs) / 1_000),
    status: code ?? signal ?? 1,
    results: readResults(output),
  };
}

function readResults(file: string): Results | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } catch {
    return undefined;
  }
}

function describeRun({ seed, seconds, status, results }: Run): string {
  const outcome = status === 0 ? 'passed' : `failed (${status})`;
  if (results === undefined) return `stress: seed ${seed} ${outcome} after ${seconds} s, without results`;
  const failed = results.testResults.filter((file) => file.status === 'failed').map(({ name }) => relative(ROOT, name));
  const counts = `${results.numPassedTests} tests passed, ${results.numFailedTests} failed, ${results.numPendingTests} skipped`;
  return [
    `stress: seed ${seed} ${outcome} in ${seconds} s: ${counts}`,
    ...failed.map((name) => `  failed: ${name}`),
  ].join('\n');
}
