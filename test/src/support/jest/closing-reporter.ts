import { NEEDS, howToGet } from '../optional-tools';
import { updateDurations } from './durations';
import { FUZZ_SEED, ORDER_SEED } from './seeds';

interface FileResult {
  readonly testFilePath: string;
  readonly perfStats: { readonly start: number; readonly end: number };
  readonly testResults: readonly {
    readonly status: string;
    readonly title: string;
    readonly ancestorTitles: readonly string[];
    readonly fullName: string;
  }[];
}

/**
 * Prints the final lines: the seeds, and which tests were skipped for want of which tool. With `CI=true` a skipped test
 * fails the run.
 */
export default class ClosingReporter {
  constructor(private readonly config: { readonly testNamePattern?: string | undefined }) {}

  onRunComplete(_contexts: unknown, { testResults }: { readonly testResults: readonly FileResult[] }): void {
    const order = ORDER_SEED === undefined ? '' : `, TEST_ORDER_SEED=${ORDER_SEED}`;
    process.stderr.write(`Seeds:       FUZZ_SEED=${FUZZ_SEED}${order}\n`);
    const skipped = describeSkipped(testResults);
    if (skipped !== '') process.stderr.write(`Skipped:     ${skipped}\n`);
    if (process.env['CI'] === 'true' && !this.config.testNamePattern) failForSkips(testResults);
    if (process.env['UPDATE_DURATIONS'] === 'true')
      updateDurations(new Map(testResults.map((file) => [file.testFilePath, secondsOf(file)])));
  }
}

/** Ends the run with status 1. Not called with a filter by name, which skips all other tests. */
function failForSkips(files: readonly FileResult[]): void {
  const names = files
    .flatMap(({ testResults }) => testResults)
    .filter(({ status }) => status === 'pending')
    .map(({ fullName }) => fullName);
  if (names.length === 0) return;
  process.stderr.write(`with CI=true no test is skipped, and these were: ${names.join('; ')}\n`);
  process.exitCode = 1;
}

/** One line: how many tests needed which tool, and how to get it. */
export function describeSkipped(files: readonly FileResult[]): string {
  const counts = new Map<string, number>();
  for (const { status, title, ancestorTitles } of files.flatMap(({ testResults }) => testResults)) {
    const tool = [...ancestorTitles, title].map((text) => NEEDS.exec(text)?.[1]).find((name) => name !== undefined);
    if (status === 'pending' && tool !== undefined) counts.set(tool, (counts.get(tool) ?? 0) + 1);
  }
  return [...counts]
    .map(([tool, count]) => `${count} ${count === 1 ? 'test needs' : 'tests need'} ${tool} (${howToGet(tool)})`)
    .join(', ');
}

function secondsOf({ perfStats: { start, end } }: FileResult): number {
  return (end - start) / 1_000;
}
