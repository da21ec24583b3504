import fc from 'fast-check';
import type { Label } from '@cytoqueue/schema';
import { fitPlatt } from './platt';
import { plattProbability } from '@cytoqueue/classifier';

/** Integer scores, so that the classes mostly overlap. */
const scored = fc.array(fc.record({ score: fc.integer({ min: -9, max: 9 }), label: fc.constantFrom<Label>(0, 1) }), {
  minLength: 2,
});

function overlaps(points: { score: number; label: Label }[]): boolean {
  const scoresOf = (wanted: Label) => points.filter(({ label }) => label === wanted).map(({ score }) => score);
  const [benign, malignant] = [scoresOf(0), scoresOf(1)];
  return Math.max(...benign) > Math.min(...malignant) && Math.max(...malignant) > Math.min(...benign);
}

test('finds the curve where the gradient of the likelihood is 0', () => {
  fc.assert(
    fc.property(scored.filter(overlaps), (points) => {
      const platt = fitPlatt(
        points.map(({ score }) => score),
        points.map(({ label }) => label),
      );
      const residuals = points.map(({ score, label }) => label - plattProbability(score, platt));
      expect(residuals.reduce((sum, residual) => sum + residual, 0)).toBeCloseTo(0, 8);
      expect(residuals.reduce((sum, residual, i) => sum + residual * points[i].score, 0)).toBeCloseTo(0, 8);
    }),
  );
});

test.each<[string, number[], Label[]]>([
  ['separated', [1, 2, 3, 4], [0, 0, 1, 1]],
  ['separated in reverse', [3, 4, 1, 2], [0, 0, 1, 1]],
  ['touching', [1, 2, 2, 3], [0, 0, 1, 1]],
  ['all equal', [1, 1, 1, 1], [0, 1, 0, 1]],
  ['of one class', [1, 2], [1, 1]],
])('refuses scores that are %s', (_, scores, labels) => {
  expect(() => fitPlatt(scores, labels)).toThrow(/separable/);
});

test('separated scores can be smoothed as if each class had one more row on the other side', () => {
  const { slope, intercept } = fitPlatt([1, 2, 3, 4], [0, 0, 1, 1], 'smooth');
  const [lowest, highest] = [1, 4].map((score) => 1 / (1 + Math.exp(-(slope * score + intercept))));
  // The mean of the answers to a class is its target, 1/4 and 3/4.
  expect([lowest, highest]).toEqual([expect.closeTo(1 - highest!, 9), expect.any(Number)]);
  expect(highest).toBeGreaterThan(0.75);
  expect(highest).toBeLessThan(1);
});
