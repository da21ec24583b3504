import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page, Training } from '@cytoqueue/client';
import { whilePaused } from '../support/paused-workers';
import { ROOT, type RunningStack, runProgram, startStack } from '../support/stack-process';
import { thyroidCsv, thyroidRows, thyroidSchema } from '../support/third-schema';
import { waitUntil } from '../support/wait-until';
import { runCommand } from './command.test.fixtures';

const CLI = join(ROOT, 'packages/client/bin/cytoqueue.js');

let stack: RunningStack;
let folder: string;

beforeAll(async () => {
  stack = await startStack();
  folder = mkdtempSync(join(tmpdir(), 'cytoqueue-train-'));
  writeFileSync(join(folder, 'cases.csv'), thyroidCsv(thyroidRows()));
  writeFileSync(join(folder, 'schema.json'), JSON.stringify(thyroidSchema.definition));
});

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true });
});

function start(...args: string[]) {
  return runProgram(process.execPath, [CLI, ...args], { DATA_DIR: stack.dataDir });
}

const cytoqueue = (...args: string[]) => runCommand({ DATA_DIR: stack.dataDir }, ...args);

const trainArgs = (file = join(folder, 'cases.csv'), schema = join(folder, 'schema.json')) =>
  `train ${file} --name thyroid --label Verlauf --group Fallnummer --schema ${schema}`.split(' ');

test('train sends a file, waits, prints the figures and how to compare and promote the version', async () => {
  const { status, out, error } = await cytoqueue(...trainArgs());
  expect([status, error]).toEqual([0, expect.stringMatching(/^accepted as training_\w+; /)]);
  expect(out).toMatch(/sensitivity [\d.]+ % \([\d.]+ % to [\d.]+ %\)/);
  expect(out).toMatch(/specificity .*\n.*AUC .*\n.*Brier score .*\n.*coverage /);
  expect(out).toContain('own/thyroid@1 is stored');
  const [, compare = ''] = /cytoqueue (models compare .*)/.exec(out) ?? [];
  expect(await cytoqueue(...compare.split(' '))).toMatchObject({ status: 0 });
  const [, promote = ''] = /cytoqueue (models promote .*)/.exec(out) ?? [];
  expect(await cytoqueue(...promote.split(' '))).toMatchObject({
    status: 0,
    out: expect.stringContaining('own/thyroid: champion 1'),
  });
});

test('a second version is compared with the first, and a training is listed, shown and deleted', async () => {
  const trained = JSON.parse((await cytoqueue(...trainArgs(), '--seed', '3', '--json')).out) as Training;
  expect(trained).toMatchObject({ status: 'succeeded', seed: 3, model: 'own/thyroid@2', progress: 1 });
  expect((await cytoqueue('models', 'compare', 'own/thyroid', '2')).out).toContain(
    'beside own/thyroid@1 on 240 records',
  );
  const { data } = JSON.parse((await cytoqueue('trainings', '--json')).out) as Page<Training>;
  expect(data[0]).toEqual(trained);
  expect(await cytoqueue('trainings', 'show', trained.id)).toMatchObject({
    status: 0,
    out: expect.stringContaining('own/thyroid@2 is stored'),
  });
  expect((await cytoqueue('trainings', 'delete', trained.id)).status).toBe(0);
  expect((await cytoqueue('trainings', 'show', trained.id)).status).toBe(3);
});

test('an interrupted command says that the training continues and how to watch it; it can be canceled', async () => {
  const canceled = await whilePaused(stack.dataDir, async () => {
    const program = start(...trainArgs());
    await waitUntil('the training is accepted', () => program.stderr().includes('accepted as'));
    program.process.kill('SIGINT');
    expect(await program.exited).toBe(130);
    const [, id = ''] =
      /the training continues; run cytoqueue trainings watch (training_\w+)/.exec(program.stderr()) ?? [];
    expect(await cytoqueue('trainings', 'cancel', id)).toMatchObject({ status: 0 });
    return id;
  });
  expect(await cytoqueue('trainings', 'watch', canceled)).toMatchObject({
    status: 1,
    out: expect.stringContaining('canceled'),
  });
});

test('a file that no model can be trained on is refused with the row and the reason', async () => {
  const path = join(folder, 'bad.csv');
  writeFileSync(path, thyroidCsv(thyroidRows()).replace(/;[01]\n/, ';vielleicht\n'));
  expect(await cytoqueue(...trainArgs(path))).toMatchObject({ status: 3, error: expect.stringMatching(/row 1\b/) });
});

test('wrong usage is named before anything is sent', async () => {
  expect(await cytoqueue('train', join(folder, 'cases.csv'), '--name', 'x', '--label', 'Verlauf')).toMatchObject({
    status: 2,
    error: expect.stringContaining('--schema is missing; give --schema wbc, wdbc or FILE.json'),
  });
  writeFileSync(join(folder, 'broken.json'), '{');
  expect(await cytoqueue(...trainArgs(undefined, join(folder, 'broken.json')))).toMatchObject({
    status: 2,
    error: expect.stringContaining('broken.json is no JSON file of a schema'),
  });
  expect((await cytoqueue(...trainArgs(), '--seed', '1.5')).error).toContain('--seed 1.5 is not valid');
  expect((await cytoqueue('trainings', 'stop', 'training_1')).status).toBe(2);
});
