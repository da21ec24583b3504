import fc from 'fast-check';
import { randomModels } from '../../test/random-model';
import { createGradeSearch } from './grade-search';
import { createPackedMetric, type PackedMetric } from './packed-metric';
import { createScalarSearch, type GradeSearch } from './scalar-grade-search';

const MOST_ROWS = 40;
const FEATURES = 3;

interface Rows {
  readonly grades: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

/** Few grades, so that there are ties; numbers of rows that fill no vector. */
const someRows: fc.Arbitrary<Rows> = fc.integer({ min: 1, max: MOST_ROWS }).chain((count) =>
  fc.record({
    grades: fc.array(fc.array(fc.integer({ min: 1, max: 10 }), { minLength: FEATURES, maxLength: FEATURES }), {
      minLength: count,
      maxLength: count,
    }),
    weights: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: count, maxLength: count }),
  }),
);
const sample = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: FEATURES, maxLength: FEATURES });

/** All that the evidence asks of a search: on two features, with the third, and with the third changed, in a part of the rows. */
function ask(
  search: GradeSearch,
  scale: PackedMetric,
  { grades, weights }: Rows,
  of: readonly number[],
  to: number,
  from: number,
  place: number,
) {
  const rows = grades.length;
  const int32s = () => search.allocateInt32(rows);
  const filled = (value: (row: number) => number) => {
    const array = int32s();
    for (let row = 0; row < rows; row++) array[row] = value(row);
    return array;
  };
  const part = (feature: number) =>
    filled((row) => scale.terms[of[feature] * (scale.maxGrade + 1) + grades[row][feature]]);
  const [one, other, third, rowWeights, column] = [
    part(0),
    part(1),
    part(2),
    filled((row) => weights[row]),
    filled((row) => grades[row][2]),
  ];
  const [two, three, more, shifted] = [0, 0, 0, 0].map(int32s);
  const span = { start: from, end: rows };
  search.add(one, other, two, rows);
  search.add(two, third, three, rows);
  search.applyChange(
    { column, currentTerms: third, packedDistances: three, deltas: more, changedDistances: shifted },
    to,
    span,
  );
  return [
    [two, third],
    [three, more],
    [one, other],
  ].map(([sums, added]) => {
    const found = search.nearest.select(sums, added, rowWeights, span);
    return [
      found.mean(),
      found.distanceAt(place),
      found.countWithin(place, sums, added, rowWeights, { start: 0, end: rows }),
      [...shifted.subarray(from)],
    ];
  });
}

test('WebAssembly and plain JavaScript find the same', () => {
  fc.assert(
    fc.property(
      randomModels,
      someRows,
      sample,
      fc.integer({ min: 0, max: 10 }),
      fc.nat(),
      fc.nat(5),
      ({ model }, rows, of, to, from, place) => {
        const scale = createPackedMetric(model);
        if (scale === undefined) throw new Error('these models have grades');
        const { k } = model.file;
        const searches = [createGradeSearch(k, scale, 12, MOST_ROWS), createScalarSearch(k, scale)];
        const [kernel, plain] = searches.map((search) =>
          ask(search, scale, rows, of, to, from % rows.grades.length, place),
        );
        expect(kernel).toEqual(plain);
      },
    ),
  );
});
