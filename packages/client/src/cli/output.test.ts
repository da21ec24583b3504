import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { openOutput, resolveOutput } from './output';

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'output-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a download removes the part that a killed command left of the same file, and no other file', async () => {
  const twoHoursAgo = Date.now() / 1_000 - 7_200;
  const write = (name: string, isOld: boolean) => {
    writeFileSync(join(folder, name), 'a patient');
    if (isOld) utimesSync(join(folder, name), twoHoursAgo, twoHoursAgo);
  };
  write('.results.csv.0a1b2c3d.part', true);
  const kept = ['.results.csv.00000000.part', '.results.csv.bak', '.other.csv.0a1b2c3d.part', 'results.csv.part'];
  kept.forEach((name, index) => write(name, index > 0));
  const { stream, commit } = openOutput(resolveOutput(join(folder, 'results.csv')));
  stream.end('new');
  await finished(stream);
  await commit();
  expect(readdirSync(folder).sort()).toEqual([...kept, 'results.csv'].sort());
});
