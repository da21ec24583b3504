import { join } from 'node:path';
import fc from 'fast-check';
import { ROOT } from '../stack-process';
import { describeSkipped } from './closing-reporter';
import { FUZZ_SEED, FUZZ_SHARE } from './seeds';
import { longestFirst, shuffle } from './sequencer';

const paths = [
  'packages/schema/src/row.test.ts',
  'test/src/web/pages.test.ts',
  'test/src/new.test.ts',
  'packages/csv/src/equality.test.ts',
].map((name) => join(ROOT, name));

test('property tests take the seed of the run', () => {
  expect(fc.readConfigureGlobal()?.seed).toBe(FUZZ_SEED);
});

test.each([
  [400, 400 * FUZZ_SHARE],
  [25, 25],
])('a property that asks for %i runs makes %i', (numRuns, expected) => {
  let runs = 0;
  fc.assert(
    fc.property(fc.integer(), () => void runs++),
    { numRuns },
  );
  expect(runs).toBe(expected);
});

test('the longest files start first, and an end-to-end test not measured yet before units', () => {
  const names = longestFirst(paths).map((path) => path.slice(ROOT.length + 1));
  expect(names[0]).toBe('test/src/web/pages.test.ts');
  expect(names.indexOf('test/src/new.test.ts')).toBeLessThan(names.indexOf('packages/schema/src/row.test.ts'));
});

test('each seed gives one order of files, and different seeds give different orders', () => {
  const orders = ['1', '2', '3', '4', '5'].map((seed) => shuffle(paths, seed));
  expect(shuffle(paths.toReversed(), '1')).toEqual(orders[0]);
  expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
});

test('the closing line counts skipped tests by the tool that they need', () => {
  const skipped = (title: string, ...ancestorTitles: string[]) => ({
    status: 'pending',
    title,
    ancestorTitles,
    fullName: title,
  });
  const testResults = [
    skipped('a', 'S3 [needs moto_server]'),
    skipped('b', 'S3 [needs moto_server]'),
    skipped('rules [needs promtool]'),
    skipped('filtered by name'),
    { ...skipped('c'), status: 'passed' },
  ];
  expect(describeSkipped([{ testFilePath: '', perfStats: { start: 0, end: 0 }, testResults }])).toBe(
    '2 tests need moto_server (pip install "moto[server]==5.2.1", or set S3_TEST_ENDPOINT), 1 test needs promtool (apt-get install prometheus)',
  );
});
