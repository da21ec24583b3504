import { ClassDistribution, Novelty } from '../index';

const FEATURES = 40;

/** Lower triangle of the identity. */
const identity = Array.from({ length: FEATURES }, (_, row) =>
  Array.from({ length: row + 1 }, (__, column) => (row === column ? 1 : 0)),
).flat();
const each = (value: number) => Array<number>(FEATURES).fill(value);

test('a missing feature beyond the thirty-second has no weight, and no other feature loses its own', () => {
  const distribution = new ClassDistribution({ mean: each(0), precision: identity }, each(0));
  const t = Float64Array.from(each(0)).with(0, 2).with(32, 9).with(39, 3);
  expect(distribution.marginal([32]).distance(t)).toBe(2 ** 2 + 3 ** 2);
  expect(distribution.marginal([0]).distance(t)).toBe(9 ** 2 + 3 ** 2);
});

test('a record of forty features is compared with the class by the features that were measured', () => {
  const one = { mean: each(0), precision: identity, distance_limit: 40, magnification_limit: null };
  const novelty = new Novelty({
    offsets: each(1e-9),
    lowest: each(1e-5),
    highest: each(1e5),
    range_margin: 1,
    length_powers: null,
    classes: [one, one],
  });
  const typical = Float64Array.from(each(1)).with(32, NaN);
  expect(novelty.isNovel(typical, 0, 0)).toBe(false);
  expect(novelty.isNovel(typical.with(0, 1e4), 0, 0)).toBe(true);
});
