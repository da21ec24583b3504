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
