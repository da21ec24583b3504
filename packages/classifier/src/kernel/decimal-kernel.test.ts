import fc from 'fast-check';
import { wdbc } from '@cytoqueue/schema';
import { fit, type LabelledSample } from '@cytoqueue/training';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKernelPair, createModel, expectEqualToReference } from '../../test/kernel-pair';
import { Classifier, createPredictionColumns, createRandom, serializeModel } from '../index';
import { BLOCK_ROWS, MISSING, OUT_OF_RANGE } from './kernel';

const labelled: LabelledSample[] = readFileSync(
  join(__dirname, '../../../schema/data/wisconsin-diagnostic.csv'),
  'utf8',
)
  .trim()
  .split('\n')
  .slice(1)
  .map((line, index) => {
    const cells = line.split(',');
    return { trainingRow: index + 1, sample: cells.slice(0, 30).map(Number), label: cells[30] === 'M' ? 1 : 0 };
  });

/** Very large and very small values of both signs; few values, so that there are many ties and equal rows. */
const value = fc.oneof(
  fc.double({ min: -50, max: 50, noNaN: true }),
  fc.constantFrom(-1, 0, 0.5, 1, 1e-200, 1e-30, 1e9, -1e15),
);
const settings = fc.integer({ min: 1, max: 30 }).chain((featureCount) => {
  const sample = fc.array(value, { minLength: featureCount, maxLength: featureCount });
  return fc.record({
    rows: fc.array(fc.record({ sample, label: fc.constantFrom(0, 1) }), { minLength: 1, maxLength: 60 }),
    copies: fc.integer({ min: 1, max: 3 }),
    samples: fc.array(sample, { maxLength: 10 }),
    kFraction: fc.double({ min: 0, max: 1, noNaN: true }),
  });
});

describe.each(['class-ratio', 'votes'] as const)('%s', (rule) => {
  test('equals the reference for 1 to 30 features, any k up to 8, one or both classes, and repeated rows', () => {
    const names = new Set<string>();
    fc.assert(
      fc.property(settings, ({ rows, copies, samples, kFraction }) => {
        const all = Array(copies).fill(rows).flat();
        const k = 1 + Math.floor(kFraction * (Math.min(all.length, 8) - 1));
        const pair = createKernelPair(
          createModel([...all, { sample: all[0].sample.map(() => 0.25), label: 0 }], 'euclidean', rule, k),
        );
        expectEqualToReference(pair, [...samples, ...rows.map(({ sample }) => sample)]);
        names.add(pair.kernel.name);
      }),
      { numRuns: 300 },
    );
    expect(names).toEqual(new Set(['decimal']));
  });

  test('equals the reference for more rows than 16 bits can number', () => {
    const random = createRandom(8);
    const rows = Array.from({ length: 70_000 }, (_, row) => ({
      sample: [random(), random(), random()],
      label: (row % 3 === 0 ? 1 : 0) as 0 | 1,
    }));
    const pair = createKernelPair(createModel(rows, 'euclidean', rule, 5));
    expectEqualToReference(pair, [...rows.slice(-20).map(({ sample }) => sample), [0.5, 0.5, 0.5]]);
    expect(pair.kernel.name).toBe('decimal');
  });

  test('distinguishes rows that differ by rounding from rows that tie', () => {
    const close = Array.from({ length: 64 }, (_, i) => ({ sample: [1 + (i >> 1) * 2 ** -50, 3], label: i % 2 }));
    const pair = createKernelPair(createModel(close, 'euclidean', rule, 5));
    expect(
      expectEqualToReference(pair, [
        [1, 3],
        [1 + 2 ** -46, 3],
        [7, 7],
      ]),
    ).toBe(3);
    expect(pair.kernel.candidates).toBeGreaterThanOrEqual(3 * 64);
  });

  test('reports samples that it cannot answer', () => {
    const { kernel } = createKernelPair(createModel([{ sample: [0.5, 2], label: 0 }], 'euclidean', rule, 1));
    kernel.scoreBlock(Float64Array.of(NaN, 1, Infinity, 1, 1e300, 1), 0, 3);
    expect(Array.from(kernel.status.subarray(0, 3))).toEqual([MISSING, OUT_OF_RANGE, OUT_OF_RANGE]);
    kernel.scoreBlock(Uint8Array.of(0, 1), 0, 1);
    expect(kernel.status[0]).toBe(MISSING);
  });

  test('predictInto of Diagnostic records equals the reference, whether or not the kernel answers', () => {
    const options = {
      name: 'wdbc-knn',
      version: '1.0.0',
      schema: wdbc,
      metric: 'euclidean',
      rule,
      k: 5,
      scaling: 'z-score',
    } as const;
    const classifier = Classifier.load(serializeModel(fit(labelled, { ...options, dataDigest: '', limitsOfUse: [] })));
    const samples = Float64Array.from(
      labelled.flatMap(({ sample }) => [
        ...Array.from(sample),
        ...Array.from(sample, (value, i) => value * (1 + (i % 7) / 50)),
      ]),
    );
    samples[37] = NaN;
    const rows = samples.length / 30;
    const [fast, exact] = [createPredictionColumns(rows), createPredictionColumns(rows)];
    classifier.predictInto(samples, rows, fast);
    const reference = new Classifier(classifier.model, { kernel: false });
    reference.predictInto(samples, rows, exact);
    expect(rows).toBeGreaterThan(BLOCK_ROWS);
    expect(fast).toEqual(exact);
    expect(classifier.routingCounts).toMatchObject({
      kernel: 'decimal',
      answeredByKernel: rows - 1,
      missing: 1,
      outOfRange: 0,
      withoutKernel: 0,
    });
    expect(reference.routingCounts).toMatchObject({ kernel: 'disabled', answeredByKernel: 0, withoutKernel: rows });
  });
});

test.each([
  ['too-many-neighbors', createModel(Array(9).fill({ sample: [0.5], label: 0 }), 'euclidean', 'votes', 9)],
  ['too-many-rows', createModel(Array(131_073).fill({ sample: [0.5], label: 0 }), 'euclidean', 'votes', 1)],
  ['unsupported-metric', createModel([{ sample: [0.5], label: 0 }], 'bray-curtis', 'votes', 1)],
])('there is no kernel: %s', (name, model) => expect(createKernelPair(model).kernel.name).toBe(name));
