import { reliabilityAt, wilsonInterval } from './reliability';

test('the interval is that of Wilson', () => {
  // Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, and 0 of 20.
  expect(wilsonInterval(81 / 263, 263).map((end) => end.toFixed(4))).toEqual(['0.2553', '0.3662']);
  expect(wilsonInterval(0, 20).map((end) => end.toFixed(4))).toEqual(['0.0000', '0.1611']);
});

const bins = [
  { mean_probability: 0.002, malignant_share: 0.0024, rows: 4208 },
  { mean_probability: 0.98, malignant_share: 0.99, rows: 2100 },
];

test('a probability is compared with the cases in its decile', () => {
  expect(reliabilityAt(1, bins, 10)).toMatchObject({ from: 0.9, to: 1, cases: 210, share: 0.99 });
  expect(reliabilityAt(0.09, bins, 10)).toMatchObject({ from: 0, cases: 421 });
  expect(reliabilityAt(0.5, bins, 10)).toBeUndefined();
});
