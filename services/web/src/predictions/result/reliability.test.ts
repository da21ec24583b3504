import { reliabilityAt } from './reliability';

const bins = [
  { mean_probability: 0.002, malignant_share: 0.0024, rows: 4208 },
  { mean_probability: 0.98, malignant_share: 0.99, rows: 2100 },
];

test('a probability is compared with the cases in its decile', () => {
  expect(reliabilityAt(1, bins, 10)).toMatchObject({ from: 0.9, to: 1, cases: 210, share: 0.99 });
  expect(reliabilityAt(0.09, bins, 10)).toMatchObject({ from: 0, cases: 421 });
  expect(reliabilityAt(0.5, bins, 10)).toBeUndefined();
});
