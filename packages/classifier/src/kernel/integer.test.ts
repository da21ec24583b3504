import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { completeRows } from '../../test/wisconsin';
import type { TrainingSet } from '../model';
import type { MetricName, RuleName } from '../modelfile';
import { Reference } from '../reference';
import { createKernel } from './choose';
import { instantiate } from './instance';
import { BLOCK_ROWS, type Kernel, type KernelModel, MISSING, OUT_OF_RANGE, UNUSUAL } from './kernel';

interface Row {
  readonly sample: readonly number[];
  readonly label: number;
}

function createModel(rows: readonly Row[], metric: MetricName, rule: RuleName, k: number): KernelModel {
  const training: TrainingSet = {
    rows: rows.length,
    featureCount: rows[0].sample.length,
    samples: Float64Array.from(rows.flatMap(({ sample }) => sample)),
    labels: Uint8Array.from(rows, ({ label }) => label),
    trainingRows: Int32Array.from(rows, (_, row) => row + 1),
  };
  return { training, file: { metric, rule, k, scaling: null, alarm: { numerator: 1, denominator: 4 } } };
}

interface Pair {
  readonly kernel: Kernel;
  readonly reference: Reference;
  readonly featureCount: number;
}

function createPair(model: KernelModel): Pair {
  return { kernel: createKernel(model), reference: new Reference(model), featureCount: model.training.featureCount };
}

/** Every sample that the kernel answers, it answers as the reference does, to the last bit. */
function expectEqualToReference({ kernel, reference, featureCount }: Pair, samples: readonly number[][]): Kernel {
  const bytes = Uint8Array.from(samples.flat());
  kernel.measure(bytes, 0, samples.length);
  samples.forEach((_, row) => {
    if (kernel.status[row] > UNUSUAL) return;
    reference.measure(bytes, row * featureCount);
    const expected = [reference.benign, reference.malignant, reference.isUnusual];
    expect([kernel.benign[row], kernel.malignant[row], kernel.status[row] === UNUSUAL]).toEqual(expected);
  });
  return kernel;
}

const grades = (featureCount: number, highest = 10) =>
  fc.array(fc.integer({ min: 1, max: highest }), { minLength: featureCount, maxLength: featureCount });
const kinds = ['bray-curtis', 'euclidean'].flatMap((metric) => ['class-ratio', 'votes'].map((rule) => [metric, rule] as [MetricName, RuleName]));

/** Few grades make many ties and equal rows; the grades 1 and 10 alone make the longest distances. */
const settings = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 10 })).chain(([featureCount, highest]) => {
  const sample = fc.oneof(grades(featureCount, highest), fc.constantFrom(1, 10).map((grade) => Array<number>(featureCount).fill(grade)));
  return fc.record({
    rows: fc.array(fc.record({ sample, label: fc.constantFrom(0, 1) }), { minLength: 1, maxLength: 80 }),
    samples: fc.array(fc.oneof(sample, grades(featureCount)), { maxLength: 20 }),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
  });
});

describe.each(kinds)('%s, %s', (metric, rule) => {
  const wisconsin = createPair(createModel(completeRows.map(({ sample, label }) => ({ sample: Array.from(sample), label })), metric, rule, 5));

  test('answers as the reference does, of 1 to 30 features, any k to 8, one label or both', () => {
    const names = new Set<string>();
    fc.assert(
      fc.property(settings, ({ rows, samples, place }) => {
        const k = 1 + Math.floor(place * (Math.min(rows.length, 8) - 1));
        names.add(expectEqualToReference(createPair(createModel(rows, metric, rule, k)), samples).name);
      }),
      { numRuns: 300 },
    );
    expect(names).toContain('integer');
  });

  test('answers the shipped training rows and all that differ by one grade', () => {
    const near = completeRows.flatMap(({ sample }, row) =>
      [-1, 1].map((step) => Array.from(sample, (value, feature) => (feature === row % 9 ? Math.min(10, Math.max(1, value + step)) : value))),
    );
    for (let first = 0; first < near.length; first += BLOCK_ROWS) {
      const kernel = expectEqualToReference(wisconsin, near.slice(first, first + BLOCK_ROWS));
      expect(kernel.candidates).toBeGreaterThan(0);
    }
  });

  test('answers any record', () => {
    fc.assert(fc.property(fc.array(grades(9), { maxLength: 50 }), (samples) => void expectEqualToReference(wisconsin, samples)));
  });

  test('answers every record of two features', () => {
    const all = Array.from({ length: 100 }, (_, i) => [1 + (i % 10), 1 + Math.floor(i / 10)]);
    const rows = all.filter((_, i) => i % 3 === 0).map((sample, i) => ({ sample, label: i % 2 }));
    for (let k = 1; k <= 8; k++) expectEqualToReference(createPair(createModel(rows, metric, rule, k)), all);
  });

  test('answers where all rows are equal, with k = 1 and k = n, of one row, and of none', () => {
    const row = { sample: Array<number>(9).fill(3), label: 1 };
    for (const count of [1, 5, 8, 700]) {
      const rows = Array.from({ length: count }, (_, i) => ({ ...row, label: i % 2 }));
      for (const k of [1, Math.min(count, 8)]) expectEqualToReference(createPair(createModel(rows, metric, rule, k)), [row.sample, Array<number>(9).fill(10)]);
    }
    expectEqualToReference(createPair(createModel([row], metric, rule, 1)), []);
  });

  test('says which samples are not for it', () => {
    const { kernel } = wisconsin;
    kernel.measure(Uint8Array.of(5, 1, 1, 1, 2, 0, 3, 1, 1, 5, 1, 1, 1, 2, 11, 3, 1, 1), 0, 2);
    expect(Array.from(kernel.status.subarray(0, 2))).toEqual([MISSING, OUT_OF_RANGE]);
    kernel.measure(Float64Array.of(5, 1, 1, 1, 2, NaN, 3, 1, 1, 5, 1, 1, 1, 2, 0, 3, 1, 1, 5, 1, 1, 1, 2, 2.5, 3, 1, 1), 0, 3);
    expect(Array.from(kernel.status.subarray(0, 3))).toEqual([MISSING, OUT_OF_RANGE, OUT_OF_RANGE]);
  });
});

test('distances beyond a byte are ranked one by one', () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({ sample: Array<number>(9).fill(9 + (i % 2)), label: i % 2 }));
  const kernel = expectEqualToReference(createPair(createModel(rows, 'euclidean', 'votes', 5)), [Array<number>(9).fill(1)]);
  expect(kernel.exhaustive).toBe(1);
});

test('more ties than the smallest buffer of neighbours holds are all counted', () => {
  const ring = Array.from({ length: 9 }, (_, feature) => Array.from({ length: 9 }, (__, other) => (other === feature ? 6 : 5)));
  const rows = Array.from({ length: 300 }, (_, i) => ({ sample: ring[i % 9], label: i % 2 }));
  const kernel = expectEqualToReference(createPair(createModel(rows, 'euclidean', 'votes', 5)), [Array<number>(9).fill(5)]);
  expect(kernel.benign[0] + kernel.malignant[0]).toBe(300);
});

test.each([
  ['too-many-neighbors', createModel(Array(9).fill({ sample: [1], label: 0 }), 'euclidean', 'votes', 9)],
  ['too-many-features', createModel([{ sample: Array<number>(29).fill(1), label: 0 }], 'bray-curtis', 'votes', 1)],
  ['too-many-rows', createModel(Array(65536).fill({ sample: [1], label: 0 }), 'euclidean', 'votes', 1)],
])('%s: there is none', (name, model) => expect(createKernel(model).name).toBe(name));

test('what this machine cannot run is not instantiated', () => {
  const unknownInstruction = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 253, 255, 11]);
  expect(instantiate(unknownInstruction.toString('base64'))).toBeNull();
});

test('what is embedded is what its source compiles to', () => {
  const script = join(__dirname, '../../build-kernel.mjs');
  expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow();
}, 60_000);
