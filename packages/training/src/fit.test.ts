import { wdbc } from '@cytoqueue/schema';
import { classMean, compare, probabilityOf, rankOthers } from '../../classifier/test/oracle';
import { baselineOptions, completeRows, defaultOptions } from '../../classifier/test/wisconsin';
import { Classifier, serializeModel } from '@cytoqueue/classifier';
import { fit, type FitOptions, type LabelledSample, TrainingDataError } from './index';

const k = 5;
const defaultModel = fit(completeRows, defaultOptions);
const baseline = fit(completeRows, baselineOptions);

/** What every training row sees when the rows of its id are left out. */
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

test('has the constants that were measured for the Original data', () => {
  expect(defaultModel.training.rows).toHaveLength(683);
  expect(defaultModel.calibration?.epsilon).toBeCloseTo(2.678e-4, 7);
  expect(defaultModel.calibration?.platt.slope).toBeCloseTo(5.6911, 4);
  expect(defaultModel.calibration?.platt.intercept).toBeCloseTo(0.000846, 6);
  expect(defaultModel.alarm).toEqual({ numerator: 7, denominator: 31 });
  expect(defaultModel.operating_points.default).toBe(0.5);
  expect(defaultModel.operating_points.sensitivity99).toBeCloseTo(0.337, 3);
});

test.each([defaultModel, baseline])(
  '$name: the alarm is the smallest distance that 99 % do not exceed',
  ({ metric, alarm }) => {
    const limit = { numerator: BigInt(alarm.numerator), denominator: BigInt(alarm.denominator) };
    const distances = rankings[metric].map((ranked) => ranked[k - 1]);
    expect(distances.filter((distance) => compare(distance, limit) <= 0).length).toBeGreaterThanOrEqual(0.99 * 683);
    expect(distances.filter((distance) => compare(distance, limit) < 0).length).toBeLessThan(0.99 * 683);
  },
);

test.each([defaultModel, baseline])(
  '$name: sensitivity99 and the confusion counts are those of leave-one-out',
  (model) => {
    const { evaluation, operating_points: points } = model;
    const left = completeRows.map((row, i) => ({ row, p: probabilityOf(rankings[model.metric][i], model) }));
    const malignant = left
      .filter(({ row }) => row.label === 1)
      .map(({ p }) => p)
      .sort((a, b) => a - b);
    expect(points.sensitivity99).toBe(malignant[2]);
    const called = (label: number, isMalignant: boolean) =>
      left.filter(({ row, p }) => row.label === label && p >= 0.5 === isMalignant).length;
    expect(evaluation.leave_one_out).toMatchObject({
      true_benign: called(0, false),
      false_malignant: called(0, true),
      false_benign: called(1, false),
      true_malignant: called(1, true),
    });
  },
);

test('keeps the nonconformity of every row, by class and ascending', () => {
  const epsilon = defaultModel.calibration?.epsilon ?? NaN;
  const oddness = (label: number) =>
    rankings['bray-curtis']
      .filter((_, i) => completeRows[i].label === label)
      .map((ranked) => (classMean(ranked, label, k) + epsilon) / (classMean(ranked, 1 - label, k) + epsilon))
      .sort((a, b) => a - b);
  expect(defaultModel.conformal).toEqual({ benign: oddness(0), malignant: oddness(1) });
  expect(baseline.conformal).toBeNull();
});

test('keeps no id and gives the same bytes again', () => {
  const bytes = serializeModel(defaultModel);
  expect(Buffer.from(serializeModel(fit(completeRows, defaultOptions))).equals(bytes)).toBe(true);
  expect(Buffer.from(bytes).includes(completeRows[0].id ?? '')).toBe(false);
});

test('the ids tell rows apart but are not learned from', () => {
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

  test('have mean 0 and variance 1 where distances are taken', () => {
    const { center, scale } = model.scaling ?? { center: [], scale: [] };
    const scaled = wdbc.features.map((_, feature) =>
      rows.map(({ sample }) => (sample[feature] - center[feature]) / scale[feature]),
    );
    for (const column of scaled) {
      expect(column.reduce((sum, value) => sum + value, 0) / 40).toBeCloseTo(0, 12);
      expect(column.reduce((sum, value) => sum + value ** 2, 0) / 40).toBeCloseTo(1, 12);
    }
  });

  test('are searched scaled and shown raw', () => {
    const classifier = Classifier.load(serializeModel(model));
    const { center, scale } = model.scaling ?? { center: [], scale: [] };
    const { sample } = rows[7];
    const [first, second] = classifier.kneighbors(sample, 2);
    expect(first).toEqual({ trainingRow: 8, label: 0, distance: 0, features: sample });
    const squares = second.features.map((value, i) => ((value - sample[i]) / scale[i]) ** 2);
    expect(second.distance).toBeCloseTo(Math.sqrt(squares.reduce((sum, square) => sum + square)), 12);
    expect(center).toHaveLength(30);
  });

  test('must vary', () => {
    expect(
      codeOf(
        rows.map((row) => ({ ...row, sample: [7, ...Array.from(row.sample).slice(1)] })),
        options,
      ),
    ).toBe('constant-column');
  });
});

describe('says why no model can be made', () => {
  const first = completeRows[0];
  const benign = completeRows.filter(({ label }) => label === 0);
  const malignant = completeRows.filter(({ label }) => label === 1);

  test.each([
    ['no rows', [], 'too-few-rows'],
    ['one class', benign, 'too-few-rows'],
    ['fewer than k others of a class', [...benign.slice(0, 9), { ...malignant[0], trainingRow: 999 }], 'too-few-rows'],
    ['a missing value', [{ ...first, sample: [NaN, 1, 1, 1, 1, 1, 1, 1, 1] }], 'invalid-row'],
    ['a value out of range', [{ ...first, sample: [11, 1, 1, 1, 1, 1, 1, 1, 1] }], 'invalid-row'],
    ['a value between the grades', [{ ...first, sample: [1.5, 1, 1, 1, 1, 1, 1, 1, 1] }], 'invalid-row'],
    ['the id as a tenth feature', [{ ...first, sample: [...Array.from(first.sample), 5] }], 'invalid-row'],
    ['rows out of order', [completeRows[1], first], 'row-order'],
  ])('%s', (_, rows, code) => expect(codeOf(rows)).toBe(code));

  test('classes that nothing confuses', () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({
      trainingRow: i + 1,
      label: (i % 2) as 0 | 1,
      sample: Array(9).fill(i % 2 === 0 ? 1 + (i % 3) : 8 + (i % 3)),
    }));
    expect(codeOf(rows)).toBe('separable');
  });
});
