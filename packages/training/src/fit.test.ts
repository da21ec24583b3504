import { wdbc } from '@cytoqueue/schema';
import { classMean, compare, probabilityOf, rankOthers } from '../../classifier/test/oracle';
import { baselineOptions, completeRows, defaultOptions } from '../../classifier/test/wisconsin';
import { Classifier, serializeModel } from '@cytoqueue/classifier';
import { fit, type FitOptions, type LabelledSample, TrainingDataError } from './index';

const k = 5;
const defaultModel = fit(completeRows, defaultOptions);
const baseline = fit(completeRows, baselineOptions);

/** Neighbours of every training row when all rows with its id are leaveOneOut out. */
const rankings = {
  'bray-curtis': completeRows.map((row) => rankOthers(row, completeRows, 'bray-curtis')),
  euclidean: completeRows.map((row) => rankOthers(row, completeRows, 'euclidean')),
};

function codeOf(rows: LabelledSample[], options: FitOptions = defaultOptions): string {
  try {
    fit(rows, options);
  } catch (error) {
    if (error instanceof TrainingDataError) return error.code;
    throw error;
  }
  return 'accepted';
}

test('fits the known constants of the Original data', () => {
  expect(defaultModel.training.rows).toHaveLength(683);
  expect(defaultModel.calibration?.epsilon).toBeCloseTo(2.678e-4, 7);
  expect(defaultModel.calibration?.platt.slope).toBeCloseTo(5.6911, 4);
  expect(defaultModel.calibration?.platt.intercept).toBeCloseTo(0.000846, 6);
  expect(defaultModel.alarm).toEqual({ numerator: 7, denominator: 31 });
  expect(defaultModel.operating_points.default).toBe(0.5);
  expect(defaultModel.operating_points.sensitivity99).toBeCloseTo(0.337, 3);
});

test.each([defaultModel, baseline])(
  '$name: the alarm is the smallest distance that 99 % of the rows do not exceed',
  ({ metric, alarm }) => {
    const limit = { numerator: BigInt(alarm.numerator), denominator: BigInt(alarm.denominator) };
    const distances = rankings[metric].map((ranked) => ranked[k - 1]);
    expect(distances.filter((distance) => compare(distance, limit) <= 0).length).toBeGreaterThanOrEqual(0.99 * 683);
    expect(distances.filter((distance) => compare(distance, limit) < 0).length).toBeLessThan(0.99 * 683);
  },
);

test.each([defaultModel, baseline])('$name: sensitivity99 and the confusion counts equal leave-one-out', (model) => {
  const { evaluation, operating_points: points } = model;
  const leaveOneOut = completeRows.map((row, i) => ({ row, p: probabilityOf(rankings[model.metric][i], model) }));
  const malignant = leaveOneOut
    .filter(({ row }) => row.label === 1)
    .map(({ p }) => p)
    .sort((a, b) => a - b);
  expect(points.sensitivity99).toBe(malignant[2]);
  const count = (label: number, isMalignant: boolean) =>
    leaveOneOut.filter(({ row, p }) => row.label === label && p >= 0.5 === isMalignant).length;
  expect(evaluation.leave_one_out).toMatchObject({
    true_benign: count(0, false),
    false_malignant: count(0, true),
    false_benign: count(1, false),
    true_malignant: count(1, true),
  });
});

test('stores the nonconformity scores of all rows by class, ascending', () => {
  const epsilon = defaultModel.calibration?.epsilon ?? NaN;
  const scores = (label: number) =>
    rankings['bray-curtis']
      .filter((_, i) => completeRows[i].label === label)
      .map((ranked) => (classMean(ranked, label, k) + epsilon) / (classMean(ranked, 1 - label, k) + epsilon))
      .sort((a, b) => a - b);
  expect(defaultModel.conformal).toEqual({ benign: scores(0), malignant: scores(1) });
  expect(baseline.conformal).toBeNull();
});

test('stores no id and gives the same bytes every time', () => {
  const bytes = serializeModel(defaultModel);
  expect(Buffer.from(serializeModel(fit(completeRows, defaultOptions))).equals(bytes)).toBe(true);
  expect(Buffer.from(bytes).includes(completeRows[0].id ?? '')).toBe(false);
});

test('ids only group rows and are no feature', () => {
  const renamed = completeRows.map((row) => ({ ...row, id: `lab-${row.id}` }));
  expect(fit(renamed, defaultOptions)).toEqual(defaultModel);
  expect(
    fit(
      completeRows.map((row) => ({ ...row, id: undefined })),
      defaultOptions,
    ),
  ).not.toEqual(defaultModel);
});

describe('scaled decimal features', () => {
  const rows: LabelledSample[] = Array.from({ length: 40 }, (_, index) => ({
    trainingRow: index + 1,
    sample: wdbc.features.map((__, feature) => ((index * 37 + feature * 11) % 23) * 10 ** (feature % 5)),
    label: index % 3 === 0 ? 1 : 0,
  }));
  const options: FitOptions = {
    ...defaultOptions,
    name: 'wdbc-knn',
    schema: wdbc,
    metric: 'euclidean',
    scaling: 'z-score',
    k: 3,
  };
  const model = fit(rows, options);

  test('have mean 0 and variance 1 after scaling', () => {
    const { center, scale } = model.scaling ?? { center: [], scale: [] };
    const scaled = wdbc.features.map((_, feature) =>
      rows.map(({ sample }) => (sample[feature] - center[feature]) / scale[feature]),
    );
    for (const column of scaled) {
      expect(column.reduce((sum, value) => sum + value, 0) / 40).toBeCloseTo(0, 12);
      expect(column.reduce((sum, value) => sum + value ** 2, 0) / 40).toBeCloseTo(1, 12);
    }
  });

  test('are compared scaled and returned raw', () => {
    const classifier = Classifier.load(serializeModel(model));
    const { center, scale } = model.scaling ?? { center: [], scale: [] };
    const { sample } = rows[7];
    const [first, second] = classifier.kneighbors(sample, 2);
    expect(first).toEqual({ trainingRow: 8, label: 0, distance: 0, features: sample });
    const squares = second.features.map((value, i) => ((value - sample[i]) / scale[i]) ** 2);
    expect(second.distance).toBeCloseTo(Math.sqrt(squares.reduce((sum, square) => sum + square)), 12);
    expect(center).toHaveLength(30);
  });

  test('must not be constant', () => {
    expect(
      codeOf(
        rows.map((row) => ({ ...row, sample: [7, ...Array.from(row.sample).slice(1)] })),
        options,
      ),
    ).toBe('constant-column');
  });
});

describe('reports why no model can be fitted', () => {
  const first = completeRows[0];
  const benign = completeRows.filter(({ label }) => label === 0);
  const malignant = completeRows.filter(({ label }) => label === 1);

  test.each([
    ['no rows', [], 'too-few-rows'],
    ['one class', benign, 'too-few-rows'],
    ['fewer than k others of a class', [...benign.slice(0, 9), { ...malignant[0], trainingRow: 999 }], 'too-few-rows'],
    ['a missing value', [{ ...first, sample: [NaN, 1, 1, 1, 1, 1, 1, 1, 1] }], 'invalid-row'],
    ['a value out of range', [{ ...first, sample: [11, 1, 1, 1, 1, 1, 1, 1, 1] }], 'invalid-row'],
    ['a fraction', [{ ...first, sample: [1.5, 1, 1, 1, 1, 1, 1, 1, 1] }], 'invalid-row'],
    ['the id as a tenth feature', [{ ...first, sample: [...Array.from(first.sample), 5] }], 'invalid-row'],
    ['rows out of order', [completeRows[1], first], 'row-order'],
  ])('%s', (_, rows, code) => expect(codeOf(rows)).toBe(code));

  test('perfectly separated classes', () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({
      trainingRow: i + 1,
      label: (i % 2) as 0 | 1,
      sample: Array(9).fill(i % 2 === 0 ? 1 + (i % 3) : 8 + (i % 3)),
    }));
    expect(codeOf(rows)).toBe('separable');
  });
});
