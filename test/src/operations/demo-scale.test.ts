import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Gate } from '../support/gate';
import { waitUntil } from '../support/wait-until';
import {
  type RunningProgram,
  ROOT,
  terminateProgram,
  isRunning,
  makeDataDir,
  readReady,
  runProgram,
  tracesIn,
} from '../support/stack-process';

const DEMO = join(ROOT, 'scripts/dist/scale/main.js');
/** A fiftieth of the rows that the demo scores by default. */
const SMALL = ['--rows', '20000', '--target', '10000'];

let dataDir: string;
let program: RunningProgram;
let gate: Gate;

beforeEach(() => {
  dataDir = makeDataDir();
  gate = new Gate();
});

afterEach(async () => {
  gate.openAll();
  await terminateProgram(program);
  gate.stop();
  rmSync(dataDir, { recursive: true });
});

it('starts a second worker on the real queue, accounts for every row and leaves nothing running', async () => {
  // Otherwise a fast machine scores the rows before the controller checks, and needs no second worker.
  const scoring = gate.hold(/\/shards\//);
  program = runProgram(process.execPath, [DEMO, ...SMALL], {
    DATA_DIR: dataDir,
    ...gate.environment,
  });
  const workers = await waitUntil('a second worker runs', () => {
    const pids = readReady(dataDir)?.pids.workers ?? [];
    return pids.length === 2 && pids;
  });
  expect(workers.filter(isRunning)).toHaveLength(2);
  scoring.open();
  // Later changes depend on this machine's speed; controller.test.ts replays a run.
  await program.exited;
  expect(tracesIn(dataDir)).toEqual([]);
  const shown = program.stdout();
  expect(shown).toMatch(/Workers: 1 → 2/);
  const [, rows, batches] = (/([\d,]+) rows in (\d+) batches: each in its result once/.exec(shown) ?? []).map((text) =>
    Number(text.replaceAll(',', '')),
  );
  expect(rows).toBe(20_000 * (batches as number));
  expect(readFileSync(/Chart: (.*)/.exec(shown)?.[1] ?? '', 'utf8')).toMatch(/^<svg[^]*<\/svg>\n$/);
});

it('stops in order on Ctrl-C', async () => {
  // Otherwise a fast machine has scored the rows before the signal.
  const scoring = gate.hold(/\/shards\//);
  program = runProgram(process.execPath, [DEMO, ...SMALL], { DATA_DIR: dataDir, ...gate.environment });
  await waitUntil('it scales', () => program.stdout().includes('Target: '));
  await scoring.reached();
  program.process.kill('SIGINT');
  scoring.open();
  expect(await program.exited).toBe(130);
  expect(tracesIn(dataDir)).toEqual([]);
});
