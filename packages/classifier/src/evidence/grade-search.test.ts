import fc from 'fast-check';
import { randomModels } from '../../test/random-model';
import {
  createGradeSearch,
  createPackedMetric,
  createScalarSearch,
  type GradeSearch,
  type PackedMetric,
} from './grade-search';

const MAX_ROWS = 40;
const FEATURES = 3;

interface Rows {
  readonly grades: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

/** Few features, so that there are ties; row counts that do not fill a vector. */
const someRows: fc.Arbitrary<Rows> = fc.integer({ min: 1, max: MAX_ROWS }).chain((count) =>
  fc.record({
    grades: fc.array(fc.array(fc.integer({ min: 1, max: 10 }), { minLength: FEATURES, maxLength: FEATURES }), {
      minLength: count,
      maxLength: count,
    }),
    weights: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: count, maxLength: count }),
  }),
);
const sample = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: FEATURES, maxLength: FEATURES });

/** Runs all operations of a search: with two features, with a third, and with the third changed, on a range of rows. */
function runOperations(
  search: GradeSearch,
  packedMetric: PackedMetric,
  { grades, weights }: Rows,
  values: readonly number[],
  to: number,
  from: number,
  rank: number,
) {
  const rows = grades.length;
  const allocate = () => search.allocateInt32(rows);
  const filled = (value: (row: number) => number) => {
    const array = allocate();
    for (let row = 0; row < rows; row++) array[row] = value(row);
    return array;
  };
  const termsOf = (feature: number) =>
    filled((row) => packedMetric.terms[values[feature] * (packedMetric.maxGrade + 1) + grades[row][feature]]);
  const [one, other, third, rowWeights, column] = [
    termsOf(0),
    termsOf(1),
    termsOf(2),
    filled((row) => weights[row]),
    filled((row) => grades[row][2]),
  ];
  const [two, three, deltas, changedDistances] = [0, 0, 0, 0].map(allocate);
  const range = { start: from, end: rows };
  search.add(one, other, two, rows);
  search.add(two, third, three, rows);
  search.applyChange(
    { column, currentTerms: third, packedDistances: three, deltas: deltas, changedDistances: changedDistances },
    to,
    range,
  );
  return [
    [two, third],
    [three, deltas],
    [one, other],
  ].map(([packedDistances, addedTerms]) => {
    const found = search.nearest.select(packedDistances, addedTerms, rowWeights, range);
    return [
      found.mean(),
      found.distanceAt(rank),
      found.countWithin(rank, packedDistances, addedTerms, rowWeights, { start: 0, end: rows }),
      [...changedDistances.subarray(from)],
    ];
  });
}

test('WebAssembly and plain JavaScript give equal results', () => {
  fc.assert(
    fc.property(
      randomModels,
      someRows,
      sample,
      fc.integer({ min: 0, max: 10 }),
      fc.nat(),
      fc.nat(5),
      ({ model }, rows, values, to, from, rank) => {
        const packedMetric = createPackedMetric(model);
        if (packedMetric === undefined) throw new Error('the model has no integer features');
        const { k } = model.file;
        const searches = [createGradeSearch(k, packedMetric, 12, MAX_ROWS), createScalarSearch(k, packedMetric)];
        const [wasm, scalar] = searches.map((search) =>
          runOperations(search, packedMetric, rows, values, to, from % rows.grades.length, rank),
        );
        expect(wasm).toEqual(scalar);
      },
    ),
  );
});
