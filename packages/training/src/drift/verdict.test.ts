import { DriftJudge, MIN_VERDICT_ROWS, parseModel, createRandom, shuffle } from '@cytoqueue/classifier';
import { shippedModel } from '../../../classifier/test/wisconsin';
import { simulatedShifts } from '../novelty/simulated-shifts';

const models = {
  original: parseModel(shippedModel('wbc-knn', '1.1.0')),
  diagnostic: parseModel(shippedModel('wdbc-knn', '1.1.0')),
};
const judges = { original: new DriftJudge(models.original), diagnostic: new DriftJudge(models.diagnostic) };
type Data = keyof typeof models;

function rowsOf(data: Data, label?: number): Float64Array[] {
  const { samples, featureCount, labels } = models[data].training;
  return Array.from(labels.keys()).filter((row) => label === undefined || labels[row] === label).map((row) => samples.slice(row * featureCount, (row + 1) * featureCount)); // prettier-ignore
}

const judge = (data: Data, rows: readonly Float64Array[]) =>
  judges[data].judge(judges[data].bins.count(rows.flatMap((row) => Array.from(row))));
const verdict = (data: Data, rows: readonly Float64Array[]) => judge(data, rows).verdict;

describe.each(['original', 'diagnostic'] as const)('%s', (data) => {
  test('the training data, and either class alone, are like the training data', () => {
    for (const label of [undefined, 0, 1])
      expect(judge(data, rowsOf(data, label))).toEqual({ verdict: 'like_training', columns: [] });
  });

  test('no random excerpt of 30 rows or more of one class or of both is unlike the training data', () => {
    const random = createRandom(21);
    for (const label of [undefined, 0, 1]) {
      for (let draw = 0; draw < 60; draw++) {
        const rows = MIN_VERDICT_ROWS + Math.floor(random() * 100);
        expect(verdict(data, shuffle(rowsOf(data, label), random).slice(0, rows))).not.toBe('unlike_training');
      }
    }
  });

  test('fewer than 30 rows are not judged, nor is a file of which nothing was counted', () => {
    expect(verdict(data, rowsOf(data).slice(0, 29))).toBe('too_few_rows');
    expect(verdict(data, rowsOf(data).slice(0, 30))).not.toBe('too_few_rows');
    expect(judges[data].judge([])).toEqual({ verdict: 'too_few_rows', columns: [] });
  });

  test('counts of parts add up to those of the whole, in any order', () => {
    const { bins } = judges[data];
    const rows = rowsOf(data);
    const whole = bins.count(rows.flatMap((row) => Array.from(row)));
    const parts = shuffle(Array.from({ length: 10 }, (_, part) => bins.count(rows.filter((__, row) => row % 10 === part).flatMap((row) => Array.from(row)))), createRandom(3)); // prettier-ignore
    expect(parts.reduce((sum, part) => sum.map((count, bin) => count + part[bin]))).toEqual(whole);
  });

  test('a column that was mostly not measured is named', () => {
    const { verdict: found, columns } = judge(
      data,
      rowsOf(data).map((row, index) => row.map((value, feature) => (feature === 1 && index % 4 > 0 ? NaN : value))),
    );
    expect(found).toBe('differs');
    expect(columns).toEqual([
      expect.objectContaining({ column: models[data].schema.features[1].name, cause: 'not_measured' }),
    ]);
  });
});

const namesOf = (columns: readonly { readonly column: string }[]) => columns.map(({ column }) => column).sort();
const shift = (data: Data, name: string) => {
  const random = createRandom(4);
  const found = simulatedShifts(models[data].schema).find((one) => one.name === name);
  return rowsOf(data).map((row) => found?.apply(row, random) ?? row);
};

test.each([
  ['magnification × 1.2', 'differs', 'magnification'],
  ['magnification × 0.8', 'differs', 'magnification'],
  ['magnification × 1.5', 'unlike_training', 'magnification'],
  ['magnification × 1.75', 'unlike_training', 'magnification'],
  ['magnification × 0.25', 'unlike_training', 'magnification'],
  ['lengths in inches', 'unlike_training', 'magnification'],
  ['all ÷ 10', 'unlike_training', 'factor_ten'],
  ['perimeter_worst ÷ 10', 'unlike_training', 'factor_ten'],
  ['areas ÷ 100', 'unlike_training', 'factor_ten'],
  ['log1p of the sizes', 'unlike_training', 'logarithm'],
  ['square root', 'unlike_training', 'square_root'],
  ['mean and worst blocks swapped', 'unlike_training', 'swapped'],
  ['radius_mean and texture_mean swapped', 'unlike_training', 'swapped'],
  ['areas 0', 'unlike_training', 'constant'],
  ['cells shuffled', 'unlike_training', undefined],
])('Diagnostic: %s is %s, because of %s', (name, expected, cause) => {
  const { verdict: found, columns } = judge('diagnostic', shift('diagnostic', name));
  expect(found).toBe(expected);
  expect(columns[0].cause).toBe(cause);
});

test.each([
  ['scale from 1 to 5', 'other_scale'],
  ['scale from 0 to 9', 'other_scale'],
  ['scale upside down', 'other_scale'],
  ['first and last column swapped', 'swapped'],
])('Original: %s is unlike the training data, because of %s', (name, cause) => {
  const { verdict: found, columns } = judge('original', shift('original', name));
  expect(found).toBe('unlike_training');
  expect(new Set(columns.map((column) => column.cause))).toEqual(new Set([cause]));
});

test('swapped columns are the ones that are named', () => {
  const { schema } = models.diagnostic;
  const names = ['smoothness_worst', 'symmetry_mean'];
  const [one, other] = names.map((name) => schema.features.findIndex((feature) => feature.name === name));
  const swapped = rowsOf('diagnostic').map((row) =>
    row.map((value, feature) => (feature === one ? row[other] : feature === other ? row[one] : value)),
  );
  expect(namesOf(judge('diagnostic', swapped).columns)).toEqual(names);
});

test('tenfold grades, which are rejected one by one, make the file unlike the training data', () => {
  const { bins } = judges.original;
  const counts = bins.count(rowsOf('original').flatMap((row) => Array.from(row)));
  const tenfolds = counts.map((count, index) =>
    index % bins.binsPerFeature === 11 ? 0 : index < bins.binsPerFeature ? 0 : count,
  );
  tenfolds[11] = 683;
  const { verdict: found, columns } = judges.original.judge(tenfolds);
  expect(found).toBe('unlike_training');
  expect(columns[0]).toMatchObject({ column: 'clump_thickness', cause: 'factor_ten' });
});

test('a model without limits of its own judges by the default ones', () => {
  const before = parseModel(shippedModel('wdbc-knn'));
  const judgeBefore = new DriftJudge(before);
  expect(
    judgeBefore.judge(
      judgeBefore.bins.count(shift('diagnostic', 'magnification × 1.5').flatMap((row) => Array.from(row))),
    ).verdict,
  ).toBe('unlike_training');
});
