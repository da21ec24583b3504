import { formatProportion, wilsonInterval } from './proportion';

test('the interval is that of Wilson', () => {
  // Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, and 0 of 20.
  expect(wilsonInterval(81 / 263, 263).map((end) => end.toFixed(4))).toEqual(['0.2553', '0.3662']);
  expect(wilsonInterval(0, 20).map((end) => end.toFixed(4))).toEqual(['0.0000', '0.1611']);
});

test('a proportion is written with its counts and interval', () => {
  expect(formatProportion(306, 308).replaceAll('\u00a0', ' ')).toBe('306 of 308: 99.4 % (97.7 % to 99.8 %)');
  expect(formatProportion(0, 0)).toBe('none');
});
