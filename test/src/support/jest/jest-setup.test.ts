import { AsyncLocalStorage } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import vm from 'node:vm';
import fc from 'fast-check';
import { ROOT } from '../stack-process';
import { describeSkipped } from './closing-reporter';
import { reuseCompiledCode } from './compiled-code';
import { noteIntervals } from './intervals';
import { FUZZ_SEED, FUZZ_SHARE } from './seeds';
import { longestFirst, shuffle } from './sequencer';
import { disableStorages, noteStorages } from './storages';
import { reuseTransformedFiles } from './transformed-files';

const PRELOAD = 'test/dist/support/jest/code-cache-preload.js';

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

test('what a test file leaves running is cleared at its end', async () => {
  let runs = 0;
  const globals = { setInterval };
  const clearIntervals = noteIntervals(globals);
  globals.setInterval(() => void runs++, 1);
  clearIntervals();
  // Timers of the same time run in the order of their start.
  await new Promise((done) => setTimeout(done, 1));
  expect(runs).toBe(0);
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

test('a file is compiled once for all contexts, and again when its text has changed', () => {
  const { compileFunction, Script } = vm;
  const given: boolean[] = [];
  vm.Script = class extends Script {
    constructor(text: string, options: vm.ScriptOptions = {}) {
      super(text, options);
      given.push(options.cachedData !== undefined && this.cachedDataRejected === false);
    }
  };
  try {
    reuseCompiledCode();
    const call = (text: string): unknown =>
      vm.compileFunction(text, ['a'], { filename: '/sum.js', parsingContext: vm.createContext({ one: 1 }) })(2);
    const sum = 'return a + one';
    expect([call(sum), call(sum), call(sum), call('return a - one')]).toEqual([3, 3, 3, 1]);
    expect(given).toEqual([false, true, true, false]);
  } finally {
    Object.assign(vm, { compileFunction, Script });
  }
});

test('a file is read and transformed for the first test file only, and its source map is known to all', () => {
  const read: string[] = [];
  const load = (path: string, isInternalModule: boolean) => {
    const transforms = new Map<string, { code: string; sourceMapPath: string }>();
    const sourceMaps = new Map<string, string>();
    const transform = (name: string, options?: { isInternalModule?: boolean }) => {
      read.push(name);
      if (!options?.isInternalModule) transforms.set(name, { code: `code of ${name}`, sourceMapPath: `${name}.map` });
      return `code of ${name}`;
    };
    const transformCache = { transform, transforms, sourceMaps };
    reuseTransformedFiles({ transformCache });
    return [transformCache.transform(path, { isInternalModule }), transforms.has(path), sourceMaps.get(path)];
  };
  load('/a.ts', false);
  expect(load('/a.ts', false)).toEqual(['code of /a.ts', true, '/a.ts.map']);
  load('/jest.js', true);
  expect(load('/jest.js', true)).toEqual(['code of /jest.js', false, undefined]);
  expect(read).toEqual(['/a.ts', '/jest.js']);
});

test('a storage that was used is disabled', () => {
  // oxlint-disable-next-line typescript/unbound-method -- only put back
  const { run } = AsyncLocalStorage.prototype;
  noteStorages();
  try {
    const storage = new AsyncLocalStorage<string>();
    storage.run('value', () => {
      expect(storage.getStore()).toBe('value');
      disableStorages();
      expect(storage.getStore()).toBeUndefined();
    });
  } finally {
    AsyncLocalStorage.prototype.run = run;
  }
});

test('a program takes the code of its modules that an earlier process has compiled, until the files change', () => {
  const folder = mkdtempSync(join(tmpdir(), 'code-cache-'));
  const fileOf = (name: string): string => join(folder, name);
  const start = (): unknown =>
    JSON.parse(
      execFileSync(process.execPath, ['--require', join(ROOT, PRELOAD), fileOf('main.js')], {
        env: { NODE_COMPILE_CACHE: fileOf('cache') },
        encoding: 'utf8',
      }),
    );
  const write = (name: string, text: string, seconds: number): void => {
    writeFileSync(fileOf(name), text);
    utimesSync(fileOf(name), seconds, seconds);
  };
  mkdirSync(fileOf('cache'));
  write('main.js', "require('./part')(require.main === module);", 1);
  write('eager.mjs', 'export default "imported";', 1);
  write('lazy.js', "module.exports = async () => (await import('./eager.mjs')).default;", 1);
  const part = (answer: number): string => `
    const describe = async (main) => [${answer}, main, __filename, require.resolve('./lazy.js'), await require('./lazy.js')()];
    module.exports = async (main) => console.log(JSON.stringify(await describe(main)));`;
  const answer = (first: number) => [first, true, fileOf('part.js'), fileOf('lazy.js'), 'imported'];
  write('part.js', part(1), 1);
  expect(start()).toEqual(answer(1));
  expect(readdirSync(fileOf('cache'))).toHaveLength(1);
  // A module stays where it was found.
  write('part', 'throw new Error("found instead of part.js");', 1);
  expect(start()).toEqual(answer(1));
  // The cache decides by size and time.
  write('part.js', part(2), 1);
  expect(start()).toEqual(answer(1));
  write('part.js', part(2), 2);
  expect(start()).toEqual(answer(2));
  rmSync(folder, { recursive: true });
});
