import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import {
  type RunningProgram,
  ROOT,
  terminateProgram,
  isRunning,
  makeDataDir,
  pidsOf,
  readReady,
  runProgram,
  tracesIn,
} from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

const DEMO = join(ROOT, 'scripts/dist/demo/main.js');

let dataDir: string;
let program: RunningProgram;

beforeEach(() => {
  dataDir = makeDataDir();
});

afterEach(async () => {
  await terminateProgram(program);
  rmSync(dataDir, { recursive: true });
});

function demo(args: string[] = [], environment: Record<string, string> = {}): RunningProgram {
  program = runProgram(process.execPath, [DEMO, ...args], { DATA_DIR: dataDir, ...environment });
  return program;
}

it('sends the file and the record, shows the outcome, and leaves nothing running', async () => {
  const { exited, stdout, stderr } = demo();
  expect([await exited, stderr()]).toEqual([0, '']);
  expect(tracesIn(dataDir)).toEqual([]);
  const shown = stdout();
  expect(shown).toMatch(/699 rows: 699 scored, 0 rejected, 0 failed; \d+ indeterminate, 16 with a missing measurement/);
  expect(Number(/sensitivity (\d+\.\d) %/.exec(shown)?.[1])).toBeGreaterThan(95);
  expect(shown).toMatch(/training row \d+ +(benign|malignant) +0\.\d{3}/);
  const file = /Result file: (.*)/.exec(shown)?.[1] as string;
  const rows = parse(readFileSync(file), { columns: true }) as Record<string, string>[];
  expect(rows.map((row) => row['row'])).toEqual(Array.from({ length: 699 }, (_, index) => String(index + 1)));
});

it('keeps running with --keep, prints its address, and ends on a signal', async () => {
  const { process: child, exited, stdout } = demo(['--keep']);
  await waitUntil('it says that it stays', () => stdout().includes('Still running at '));
  const ready = readReady(dataDir);
  expect(stdout()).toContain(`Still running at ${ready?.url}`);
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(ready && pidsOf(ready).filter(isRunning)).toEqual([]);
});

it('fails with a reason and leaves nothing running', async () => {
  const { exited, stderr } = demo([], { MAX_UPLOAD_BYTES: '1000' });
  expect(await exited).toBe(1);
  expect(stderr()).toMatch(/The request is too large: An upload may hold 1000 bytes/);
  expect(tracesIn(dataDir)).toEqual([]);
});
