import fc from 'fast-check';
import { createKernelPair, createModel, expectEqualToReference } from '../../test/kernel-pair';
import { completeRows } from '../../test/wisconsin';
import { createKernel } from './create-kernel';
import { BLOCK_ROWS, MISSING, OUT_OF_RANGE } from './kernel';
import { instantiate } from './wasm-instance';
import type { MetricName, RuleName } from '../model/model-file';

const grades = (featureCount: number, highest = 10) =>
  fc.array(fc.integer({ min: 1, max: highest }), { minLength: featureCount, maxLength: featureCount });
const kinds = ['bray-curtis', 'euclidean'].flatMap((metric) =>
  ['class-ratio', 'votes'].map((rule) => [metric, rule] as [MetricName, RuleName]),
);

/** Few grades give many ties and equal rows; samples of only 1 or only 10 give the largest distances. */
const settings = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 10 }))
  .chain(([featureCount, highest]) => {
    const sample = fc.oneof(
      grades(featureCount, highest),
      fc.constantFrom(1, 10).map((grade) => Array<number>(featureCount).fill(grade)),
    );
    return fc.record({
      rows: fc.array(fc.record({ sample, label: fc.constantFrom(0, 1) }), { minLength: 1, maxLength: 80 }),
      samples: fc.array(fc.oneof(sample, grades(featureCount)), { maxLength: 20 }),
      kFraction: fc.double({ min: 0, max: 1, noNaN: true }),
    });
  });

describe.each(kinds)('%s, %s', (metric, rule) => {
  const rows = completeRows.map(({ sample, label }) => ({ sample: Array.from(sample), label }));
  const wisconsin = createKernelPair(createModel(rows, metric, rule, 5));

  test('equals the reference for 1 to 30 features, any k up to 8, one or both classes', () => {
    const names = new Set<string>();
    fc.assert(
      fc.property(settings, ({ rows: trainingRows, samples, kFraction }) => {
        const k = 1 + Math.floor(kFraction * (Math.min(trainingRows.length, 8) - 1));
        const pair = createKernelPair(createModel(trainingRows, metric, rule, k));
        expect([0, samples.length]).toContain(expectEqualToReference(pair, samples));
        names.add(pair.kernel.name);
      }),
      { numRuns: 300 },
    );
    expect(names).toContain('integer');
  });

  test('answers the shipped training rows and samples that differ from them by one grade', () => {
    const near = rows.flatMap(({ sample }, row) =>
      [-1, 0, 1].map((step) =>
        sample.map((value, feature) => (feature === row % 9 ? Math.min(10, Math.max(1, value + step)) : value)),
      ),
    );
    for (let first = 0; first < near.length; first += BLOCK_ROWS) {
      const block = near.slice(first, first + BLOCK_ROWS);
      expect(expectEqualToReference(wisconsin, block)).toBe(block.length);
    }
  });

  test('answers any record', () => {
    fc.assert(
      fc.property(
        fc.array(grades(9), { maxLength: 50 }),
        (samples) => expectEqualToReference(wisconsin, samples) === samples.length,
      ),
    );
    expect(wisconsin.kernel.candidates).toBeGreaterThan(0);
  });

  test('answers records with missing features', () => {
    const withMissing = fc.tuple(grades(9), fc.uniqueArray(fc.nat(8), { minLength: 1, maxLength: 8 }));
    const record = withMissing.map(([sample, missing]) =>
      sample.map((value, feature) => (missing.includes(feature) ? NaN : value)),
    );
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 20 }),
        (samples) => expectEqualToReference(wisconsin, samples) === samples.length,
      ),
    );
    expect(wisconsin.kernel.fullScans).toBeGreaterThanOrEqual(metric === 'bray-curtis' ? 1 : 0);
  });

  test('answers every record of two features, with every k', () => {
    const all = Array.from({ length: 100 }, (_, i) => [1 + (i % 10), 1 + Math.floor(i / 10)]);
    const some = all.filter((_, i) => i % 3 === 0).map((sample, i) => ({ sample, label: i % 2 }));
    for (let k = 1; k <= 8; k++)
      expect(expectEqualToReference(createKernelPair(createModel(some, metric, rule, k)), all)).toBe(100);
  });

  test('answers when all rows are equal, for k = 1 and k = n, for one row, and for no sample', () => {
    const same = Array<number>(9).fill(3);
    const samples = [same, Array<number>(9).fill(10), Array<number>(9).fill(1)];
    for (const count of [1, 2, 5, 8, 700]) {
      const equal = Array.from({ length: count }, (_, i) => ({ sample: same, label: i % 2 }));
      for (const k of [1, Math.min(count, 8)])
        expect(expectEqualToReference(createKernelPair(createModel(equal, metric, rule, k)), samples)).toBe(3);
    }
    expect(expectEqualToReference(wisconsin, [])).toBe(0);
  });

  test('reports samples that it cannot answer', () => {
    const { kernel } = wisconsin;
    kernel.scoreBlock(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 1, 1, 2, 11, 3, 1, 1), 0, 2);
    expect(Array.from(kernel.status.subarray(0, 2))).toEqual([MISSING, OUT_OF_RANGE]);
    kernel.scoreBlock(
      Float64Array.of(...Array<number>(9).fill(NaN), 5, 1, 1, 1, 2, 0, 3, 1, 1, 5, 1, 1, 1, 2, 2.5, 3, 1, 1),
      0,
      3,
    );
    expect(Array.from(kernel.status.subarray(0, 3))).toEqual([MISSING, OUT_OF_RANGE, OUT_OF_RANGE]);
  });
});

test('ranks all rows when distances do not fit into a byte', () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({ sample: Array<number>(9).fill(9 + (i % 2)), label: i % 2 }));
  const pair = createKernelPair(createModel(rows, 'euclidean', 'votes', 5));
  expect(expectEqualToReference(pair, [Array<number>(9).fill(1)])).toBe(1);
  expect(pair.kernel.fullScans).toBe(1);
});

test('counts the votes of all rows when all tie', () => {
  const around = Array.from({ length: 9 }, (_, feature) =>
    Array.from({ length: 9 }, (__, other) => (other === feature ? 6 : 5)),
  );
  const rows = Array.from({ length: 300 }, (_, i) => ({ sample: around[i % 9], label: i % 2 }));
  const pair = createKernelPair(createModel(rows, 'euclidean', 'votes', 5));
  expect(expectEqualToReference(pair, [Array<number>(9).fill(5)])).toBe(1);
  expect(pair.kernel.benign[0] + pair.kernel.malignant[0]).toBe(300);
});

const distinctRows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    sample: Array.from({ length: 9 }, (__, feature) => 1 + (Math.floor(i / 10 ** feature) % 10)),
    label: 0,
  }));

test.each([
  ['too-many-neighbors', createModel(Array(9).fill({ sample: [1], label: 0 }), 'euclidean', 'votes', 9)],
  ['too-many-features', createModel([{ sample: Array<number>(29).fill(1), label: 0 }], 'bray-curtis', 'votes', 1)],
  ['too-many-rows', createModel(distinctRows(250_000), 'euclidean', 'votes', 1)],
])('there is no kernel: %s', (name, model) => expect(createKernel(model).name).toBe(name));

test('a module that this machine cannot run is not instantiated', () => {
  const unknownInstruction = Buffer.from([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 253, 255, 11,
  ]);
  expect(instantiate(unknownInstruction.toString('base64'))).toBeNull();
});
