import { ClassDistribution } from '@cytoqueue/classifier';
import fc from 'fast-check';
import { inverse, Matrix } from 'ml-matrix';

const FEATURES = 5;

/** A covariance, a mean and a value, all of the same features. */
const cases = fc.record({
  roots: fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: FEATURES ** 2, maxLength: FEATURES ** 2 }),
  mean: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: FEATURES, maxLength: FEATURES }),
  t: fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: FEATURES, maxLength: FEATURES }),
  missing: fc.integer({ min: 0, max: 2 ** FEATURES - 2 }),
});

/** Indexes of the features whose bits are set. */
const featuresIn = (mask: number) => Array.from({ length: FEATURES }, (_, i) => i).filter((i) => (mask >> i) & 1);

function covarianceOf(roots: readonly number[]): Matrix {
  const root = Matrix.from1DArray(FEATURES, FEATURES, [...roots]);
  return root.mmul(root.transpose()).add(Matrix.eye(FEATURES, FEATURES));
}

function distributionOf(covariance: Matrix, mean: readonly number[], powers: readonly number[]): ClassDistribution {
  const precision = inverse(covariance);
  return new ClassDistribution(
    { mean, precision: mean.flatMap((_, row) => precision.getRow(row).slice(0, row + 1)) },
    powers,
  );
}

/** Computes the expected values from the covariance of the measured features alone, without the code under test. */
function measure(
  { roots, mean, t, missing }: { roots: number[]; mean: number[]; t: number[]; missing: number },
  powers: readonly number[],
) {
  const measured = t.flatMap((_, feature) => ((missing & (1 << feature)) === 0 ? [feature] : []));
  const precision = inverse(covarianceOf(roots).selection(measured, measured));
  const residual = Matrix.columnVector(measured.map((feature) => t[feature] - mean[feature]));
  const direction = Matrix.columnVector(measured.map((feature) => powers[feature]));
  const product = (a: Matrix, b: Matrix) => a.transpose().mmul(precision).mmul(b).get(0, 0);
  return {
    distance: product(residual, residual),
    pull: product(direction, residual),
    square: product(direction, direction),
  };
}

test('distance and magnification are those of the measured features alone', () => {
  const powers = [1, 0, 2, 0, 1];
  fc.assert(
    fc.property(cases, (one) => {
      const distribution = distributionOf(covarianceOf(one.roots), one.mean, powers).marginal(featuresIn(one.missing));
      const t = Float64Array.from(one.t, (value, feature) => ((one.missing & (1 << feature)) === 0 ? value : 0));
      const expected = measure(one, powers);
      expect(distribution.distance(t)).toBeCloseTo(expected.distance, 6);
      if (expected.square < 1e-3) return;
      expect(distribution.magnificationScore(t)).toBeCloseTo(expected.pull / Math.sqrt(expected.square), 6);
      expect(Math.log(distribution.magnification(t))).toBeCloseTo(expected.pull / expected.square, 6);
    }),
  );
});

test('a marginal that was dropped from the cache comes out the same', () => {
  const distribution = distributionOf(Matrix.eye(FEATURES, FEATURES), [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]);
  const t = Float64Array.of(1, 2, 0, 0, 0);
  const first = distribution.marginal([2, 3, 4]).distance(t);
  for (let missing = 1; missing < 2 ** FEATURES - 1; missing++) distribution.marginal(featuresIn(missing));
  expect(distribution.marginal([2, 3, 4]).distance(t)).toBe(first);
  expect(first).toBe(5);
});
