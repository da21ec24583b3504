import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '../support/wait-until';
import { type RunningProgram, ROOT, endProgram, isRunning, makeDataDir, readReady, runProgram, tracesIn } from '../support/stack-process';

const DEMO = join(ROOT, 'scripts/dist/demo-scale.js');

let dataDir: string;
let program: RunningProgram;

beforeEach(() => {
  dataDir = makeDataDir();
});

afterEach(async () => {
  await endProgram(program);
  rmSync(dataDir, { recursive: true });
});

it('starts a second worker on the real queue, accounts for every row and leaves nothing running', async () => {
  program = runProgram(process.execPath, [DEMO, '--rows', '100000', '--target', '50000'], { DATA_DIR: dataDir });
  const workers = await waitUntil('a second worker runs', () => {
    const pids = readReady(dataDir)?.pids.workers ?? [];
    return pids.length === 2 && pids;
  });
  expect(workers.filter(isRunning)).toHaveLength(2);
  // How often the workers change after that depends on the pace of this machine: controller.test.ts replays a run.
  await program.exited;
  expect(tracesIn(dataDir)).toEqual([]);
  const shown = program.stdout();
  expect(shown).toMatch(/Workers: 1 → 2/);
  const [, rows, batches] = (/([\d,]+) rows in (\d+) batches: each in its result once/.exec(shown) ?? []).map((text) => Number(text.replaceAll(',', '')));
  expect(rows).toBe(100_000 * (batches as number));
  expect(readFileSync(/Chart: (.*)/.exec(shown)?.[1] ?? '', 'utf8')).toMatch(/^<svg[^]*<\/svg>\n$/);
});

it('is interrupted in order', async () => {
  program = runProgram(process.execPath, [DEMO], { DATA_DIR: dataDir });
  await waitUntil('it scales', () => program.stdout().includes('Target: '));
  program.process.kill('SIGINT');
  expect(await program.exited).toBe(130);
  expect(tracesIn(dataDir)).toEqual([]);
});
