import { formatBytes, formatDuration, formatProbability, formatShare, pluralize } from './format';

test.each([
  [0, '0 %'],
  [1e-9, 'below 0.1 %'],
  [0.634, '63.4 %'],
  [0.9999999, 'above 99.9 %'],
  [1, '100 %'],
])('the probability %d', (probability, words) => {
  expect(formatProbability(probability)).toBe(words.replace(' %', '\u00A0%'));
});

test.each([
  [0, '0 %'],
  [0.634, '63.4 %'],
  [200 / 1_000_000, '0.02 %'],
  [307_718 / 307_771, '99.98 %'],
  [0.9999999, '100 %'],
  [1, '100 %'],
])('the share %d', (share, words) => {
  expect(formatShare(share)).toBe(words.replace(' %', '\u00A0%'));
});

test.each([
  [0, '0 s'],
  [0.2, 'under 1 s'],
  [59.6, '1 min'],
  [200, '3 min 20 s'],
  [7_500, '2 h 5 min'],
  [260_000, '3 days'],
])('%d seconds', (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_500_000, '1.5 MB'],
  [2e9, '2 GB'],
])('%d bytes', (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});

test.each([
  [0, '0 rows'],
  [1, '1 row'],
  [12_000, '12,000 rows'],
])('a noun with the count %d', (count, words) => {
  expect(pluralize(count, { one: 'row', other: 'rows' })).toBe(words);
});
