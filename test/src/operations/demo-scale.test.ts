import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '../support/wait-until';
import { type RunningProgram, ROOT, endProgram, isRunning, makeDataDir, readReady, runProgram, tracesIn } from '../support/stack-process';

jest.setTimeout(300_000);

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

it('scales one worker to two and back on the real queue, accounts for every row and leaves nothing running', async () => {
  program = runProgram(process.execPath, [DEMO, '--rows', '400000'], { DATA_DIR: dataDir });
  const workers = await waitUntil('a second worker runs', () => {
    const pids = readReady(dataDir)?.pids.workers ?? [];
    return pids.length === 2 ? pids : undefined;
  }, 120_000);
  expect(workers.filter(isRunning)).toHaveLength(2);
  expect([await program.exited, program.stderr()]).toEqual([0, '']);
  expect(tracesIn(dataDir)).toEqual([]);
  const shown = program.stdout();
  expect(shown).toMatch(/Workers: 1 → 2 → 1\n/);
  expect(shown).toMatch(/running +1+2+1+ +workers/);
  const [, rows, batches] = (/([\d,]+) rows in (\d+) batches: each in its result once/.exec(shown) ?? []).map((text) => Number(text.replaceAll(',', '')));
  expect(rows).toBe(400_000 * batches);
  expect(readFileSync(/Chart: (.*)/.exec(shown)?.[1] ?? '', 'utf8')).toMatch(/^<svg[^]*<\/svg>\n$/);
});

it('is interrupted in order', async () => {
  program = runProgram(process.execPath, [DEMO], { DATA_DIR: dataDir });
  await waitUntil('it scales', () => program.stdout().includes('Target: '));
  program.process.kill('SIGINT');
  expect(await program.exited).toBe(130);
  expect(tracesIn(dataDir)).toEqual([]);
});
