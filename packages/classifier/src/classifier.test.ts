import fc from 'fast-check';
import { wbc } from '@cytoqueue/schema';
import { compare, type MeasuredRow, probabilityOf, rank } from '../test/oracle';
import { completeRows, shippedModel } from '../test/wisconsin';
import type { LabelledSample } from '@cytoqueue/training';
import { Classifier, createPredictionColumns, UNUSUAL_RECORD, GREY_ZONE, type ModelFile, type Neighbor, serializeModel } from './index'; // prettier-ignore

const shipped = ['wbc-knn', 'wbc-knn-euclidean'].map((name) => Classifier.load(shippedModel(name)));
const anySample = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 9, maxLength: 9 });
/** At most four missing features, as the schema allows. */
const sampleWithMissing = fc
  .tuple(anySample, fc.uniqueArray(fc.nat(8), { maxLength: 4 }))
  .map(([sample, missing]) => sample.map((value, feature) => (missing.includes(feature) ? NaN : value)));

interface Setting {
  rows: LabelledSample[];
  k: number;
  metric: ModelFile['metric'];
  rule: ModelFile['rule'];
  query: number[];
}

/** Small training sets with few grades and so many ties; k from 1 to all rows; at least one feature is measured. */
const settings: fc.Arbitrary<Setting> = fc.integer({ min: 1, max: 10 }).chain((highest) => {
  const grade = fc.integer({ min: 1, max: highest });
  const sample = fc.array(grade, { minLength: 9, maxLength: 9 });
  return fc
    .tuple(fc.array(sample, { minLength: 2, maxLength: 30 }), sample, fc.uniqueArray(fc.nat(8), { maxLength: 8 }))
    .chain(([samples, full, missing]) =>
      fc.record({
        rows: fc
          .array(fc.constantFrom<0 | 1>(0, 1), { minLength: samples.length, maxLength: samples.length })
          .map((labels) =>
            samples.map((values, i) => ({
              trainingRow: 3 * i + 2,
              sample: values,
              label: i < 2 ? (i as 0 | 1) : labels[i],
            })),
          ),
        k: fc.constantFrom(1, samples.length, Math.ceil(samples.length / 2), Math.min(5, samples.length)),
        metric: fc.constantFrom<ModelFile['metric']>('bray-curtis', 'euclidean'),
        rule: fc.constantFrom<ModelFile['rule']>('class-ratio', 'votes'),
        query: fc.constant(full.map((value, feature) => (missing.includes(feature) ? NaN : value))),
      }),
    );
});

function createClassifier({ rows, k, metric, rule }: Setting): Classifier {
  const isCalibrated = rule === 'class-ratio';
  const zeros = (label: number) => rows.filter((row) => row.label === label).map(() => 0);
  const bytes = serializeModel({
    format: 'cytoqueue-model', format_version: 1, name: 'random', version: '0.0.1', schema: 'wbc', labels: wbc.labels,
    features: wbc.features.map(({ name }) => name), metric, rule, k, scaling: null,
    calibration: isCalibrated ? { epsilon: 0.001, platt: { slope: 2, intercept: 0.1 } } : null,
    alarm: { numerator: 1, denominator: 5 },
    operating_points: { default: 0.5, sensitivity99: 0.3 },
    conformal: isCalibrated ? { benign: zeros(0), malignant: zeros(1) } : null,
    training: { data_digest: '', rows: rows.map(({ trainingRow }) => trainingRow), labels: rows.map(({ label }) => label), samples: rows.flatMap(({ sample }) => Array.from(sample)) },
    evaluation: {}, limits_of_use: [],
  }); // prettier-ignore
  return Classifier.load(bytes);
}

function expectEqualToOracle(classifier: Classifier, rows: LabelledSample[], sample: number[]): void {
  const { file } = classifier.model;
  const ranked = rank(sample, rows, file.metric);
  const { probability, label, reasonFlags, neighbors } = classifier.predict(sample);
  expect(neighbors).toEqual(ranked.slice(0, file.k).map(asNeighbor));
  expect(probability).toBe(probabilityOf(ranked, file));
  expect(label).toBe(probability >= 0.5 ? 1 : 0);
  expect((reasonFlags & GREY_ZONE) !== 0).toBe(probability > 0.05 && probability < 0.95);
  const alarm = { numerator: BigInt(file.alarm.numerator), denominator: BigInt(file.alarm.denominator) };
  expect((reasonFlags & UNUSUAL_RECORD) !== 0).toBe(compare(ranked[file.k - 1], alarm) > 0);
}

function asNeighbor({ row, distance }: MeasuredRow): Neighbor {
  return { trainingRow: row.trainingRow, label: row.label, distance, features: Array.from(row.sample) };
}

test('equals the brute-force oracle on any training set', () => {
  fc.assert(
    fc.property(settings, (setting) => {
      const classifier = createClassifier(setting);
      expectEqualToOracle(classifier, setting.rows, setting.query);
      for (const k of [1, setting.rows.length]) {
        const expected = rank(setting.query, setting.rows, setting.metric).slice(0, k).map(asNeighbor);
        expect(classifier.kneighbors(setting.query, k)).toEqual(expected);
      }
    }),
    { numRuns: 300 },
  );
});

describe.each(shipped)('$model.ref', (classifier) => {
  test('equals the brute-force oracle on any record', () => {
    expect.hasAssertions();
    fc.assert(fc.property(sampleWithMissing, (sample) => expectEqualToOracle(classifier, completeRows, sample)));
  });

  test.each(['default', 'sensitivity99'] as const)(
    'predictInto equals predict to the last bit at %s',
    (operatingPoint) => {
      fc.assert(
        fc.property(fc.array(sampleWithMissing, { maxLength: 20 }), (samples) => {
          const rows = samples.length;
          const doubles = Float64Array.from(samples.flat());
          const bytes = Uint8Array.from(doubles, (value) => (Number.isNaN(value) ? 0 : value));
          const [fromDoubles, fromBytes] = [createPredictionColumns(rows), createPredictionColumns(rows)];
          classifier.predictInto(doubles, rows, fromDoubles, { operatingPoint });
          classifier.predictInto(bytes, rows, fromBytes, { operatingPoint });
          const single = samples.map((sample) => classifier.predict(sample, { operatingPoint }));
          expect(Array.from(fromDoubles.probability)).toEqual(single.map(({ probability }) => probability));
          expect(Array.from(fromDoubles.label)).toEqual(single.map(({ label }) => label));
          expect(Array.from(fromDoubles.reasonFlags)).toEqual(single.map(({ reasonFlags }) => reasonFlags));
          expect(fromBytes).toEqual(fromDoubles);
        }),
      );
    },
  );

  test('a prediction does not depend on earlier ones', () => {
    fc.assert(
      fc.property(sampleWithMissing, sampleWithMissing, (one, other) => {
        const first = classifier.predict(one);
        classifier.predict(other);
        expect(classifier.predict(one)).toEqual(first);
      }),
    );
  });

  test('the operating point changes only the label', () => {
    const threshold = classifier.model.file.operating_points.sensitivity99;
    const all = completeRows.map(({ sample }) => [
      classifier.predict(sample),
      classifier.predict(sample, { operatingPoint: 'sensitivity99' }),
    ]);
    for (const [atDefault, atSensitivity99] of all)
      expect(atSensitivity99).toEqual({ ...atDefault, label: atDefault.probability >= threshold ? 1 : 0 });
  });

  test('the nearest neighbour of a training row is that row or an equal one', () => {
    for (const { sample } of completeRows) {
      expect(classifier.kneighbors(sample, 1)).toMatchObject([{ distance: 0, features: sample }]);
    }
  });

  test('predictInto writes only the requested rows', () => {
    const out = createPredictionColumns(3);
    out.probability.fill(-1);
    classifier.predictInto(Uint8Array.of(5, 1, 1, 1, 2, 1, 3, 1, 1), 1, out);
    expect(Array.from(out.probability.subarray(1))).toEqual([-1, -1]);
    classifier.predictInto(new Uint8Array(0), 0, createPredictionColumns(0));
  });

  test.each([
    ['a sample that is too short', () => classifier.predict([5, 1])],
    ['the id before the features', () => classifier.predict([1000025, 5, 1, 1, 1, 2, 1, 3, 1, 1])],
    ['a record without any measured feature', () => classifier.predict(Array(9).fill(NaN))],
    ['k = 0', () => classifier.kneighbors(Array(9).fill(1), 0)],
    ['k beyond the training rows', () => classifier.kneighbors(Array(9).fill(1), 684)],
    ['too few samples', () => classifier.predictInto(new Uint8Array(17), 2, createPredictionColumns(2))],
    ['too small a buffer', () => classifier.predictInto(new Uint8Array(18).fill(1), 2, createPredictionColumns(1))],
  ])('refuses %s', (_, act) => expect(act).toThrow(RangeError));
});
