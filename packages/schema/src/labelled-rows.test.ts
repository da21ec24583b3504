import { matchHeader } from './header';
import {
  checkFolds,
  checkSamples,
  groupById,
  type LabelledSample,
  readLabelledRow,
  rowsLeftPerClass,
} from './labelled-rows';
import type { Label } from './schema';
import { wbc } from './wbc';

const match = matchHeader(['id', ...wbc.features.map(({ name }) => name), 'class'], wbc);
const read = (id: string, grades: string, label: string) =>
  readLabelledRow([id, ...grades.split(' '), label], 7, match, wbc);

test('a complete row is read with its class and patient', () => {
  const row = { trainingRow: 7, sample: Float64Array.of(5, 1, 1, 1, 2, 1, 3, 1, 1) };
  expect(read(' p1 ', '5 1 1 1 2 1 3 1 1', '2')).toEqual({ ...row, id: 'p1', label: 0 });
  for (const id of ['', 'NA', '?', '#REF!', '#ÜBERLAUF!', '#NV', '####'])
    expect(read(id, '5 1 1 1 2 1 3 1 1', 'malignant')).toEqual({ ...row, id: undefined, label: 1 });
});

test('a row with missing features is left out, a row without a class or with a bad value is an error', () => {
  expect(read('p1', '5 1 1 1 2 ? 3 1 1', '2')).toBeUndefined();
  expect(read('p1', '5 ? ? ? ? ? ? ? 1', '')).toBeUndefined();
  expect(read('p1', '5 1 1 1 2 ? 3 1 1', '7')).toMatchObject({ code: 'unknown-label', row: 7 });
  expect(read('p1', '11 1 1 1 2 1 3 1 1', '2')).toMatchObject({ code: 'out-of-range', row: 7 });
});

const samples = (count: number, change: (sample: number[], row: number) => void = () => undefined): LabelledSample[] =>
  Array.from({ length: count }, (_, row) => {
    const sample = Array.from({ length: 9 }, (__, feature) => 1 + (((row >> (feature % 4)) + feature + row) % 10));
    change(sample, row);
    return { trainingRow: row + 1, sample, label: (row % 2) as Label };
  });
const codes = (rows: LabelledSample[]) => [...new Set(checkSamples(rows, wbc).map(({ code }) => code))];

test('rows are refused for a constant column, equal measurements of both classes, and too few rows of a class', () => {
  const distinct = samples(40, (sample, row) => sample.splice(0, 2, 1 + (row % 10), 1 + Math.floor(row / 10)));
  expect(codes(distinct)).toEqual([]);
  expect(codes(distinct.slice(1))).toEqual(['too-few-rows']);
  expect(codes(distinct.map((row) => ({ ...row, label: 1 })))).toEqual(['one-class']);
  expect(codes(samples(40, (sample, row) => sample.splice(0, 3, 1 + (row % 10), 1 + Math.floor(row / 10), 4)))).toEqual(
    ['constant-column'],
  );
  const repeated = [...distinct, { ...distinct[0]!, trainingRow: 41, label: 1 as Label }];
  expect(checkSamples(repeated, wbc)).toMatchObject([{ code: 'contradictory-labels', row: 41 }]);
});

test('folds need enough patients, and rows of each class whatever patient is left out', () => {
  const groups = groupById(['a', 'b', 'a', undefined, undefined].map((id, row) => ({ ...samples(5)[row]!, id })));
  expect([...groups]).toEqual([0, 1, 0, 3, 4]);
  const single = Int32Array.from({ length: 40 }, (_, row) => row);
  expect(rowsLeftPerClass([20, 20], single)).toBe(15);
  expect(checkFolds([20, 20], single, 10, wbc.labels)).toEqual([]);
  const large = single.map((row) => (row < 12 ? 0 : row));
  expect(checkFolds([20, 20], large, 10, wbc.labels)).toMatchObject([{ code: 'too-few-rows' }]);
  expect(
    checkFolds(
      [200, 200],
      single.map((row) => row % 9),
      10,
      wbc.labels,
    ),
  ).toHaveLength(1);
});
