import fc from 'fast-check';
import { countProbabilities, emptyProbabilityBins, sumProbabilityBins } from './probability-bins';

test('each probability counts in its tenth, and 1 in the last one', () => {
  expect(countProbabilities(Float64Array.of(0, 0.0999, 0.1, 0.3, 0.5, 0.7, 0.8999, 0.9, 1))).toEqual([
    2, 1, 0, 1, 0, 1, 0, 1, 1, 2,
  ]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (values) => {
      const counted = countProbabilities(Float64Array.from(values));
      expect(counted).toHaveLength(10);
      expect(counted.slice(0, 5).reduce((sum, rows) => sum + rows, 0)).toBe(
        values.filter((value) => value < 0.5).length,
      );
      expect(counted.reduce((sum, rows) => sum + rows, 0)).toBe(values.length);
    }),
  );
});

test('a sum is known only if every part is', () => {
  const counted = countProbabilities(Float64Array.of(0.05, 0.95));
  expect(sumProbabilityBins(emptyProbabilityBins(), counted)).toEqual(counted);
  expect(sumProbabilityBins(counted, counted)).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
  expect(sumProbabilityBins(counted, undefined)).toBeUndefined();
  expect(sumProbabilityBins(undefined, counted)).toBeUndefined();
});
