import { drawBars, drawDigits } from './text-chart';

test('bars are full for the maximum, never empty above zero, and dots for unknown values', () => {
  expect(drawBars([0, 1, 50, 100, null])).toBe(' ▁▄█·');
  expect(drawBars([1, 2], 4)).toBe('▂▄');
  expect(drawBars([0, 0])).toBe('  ');
  expect(drawBars([])).toBe('');
});

test('numbers up to 9 are digits, larger ones a plus', () => {
  expect(drawDigits([1, 2, 12, 1])).toBe('12+1');
});

test('a long run is reduced to one line that keeps its first value', () => {
  const bars = drawBars(Array.from({ length: 1_000 }, (_, index) => (index === 0 ? 8 : 1)));
  expect(bars).toHaveLength(72);
  expect(bars[0]).toBe('█');
});
