import { slopeOf } from './slopes';

const MINUTE_MS = 60_000;
const life = (name: string, startMs: number, minutes: number, value: (minute: number) => number) =>
  Array.from({ length: minutes * 10 }, (_, i) => ({
    life: name,
    atMs: startMs + (i * MINUTE_MS) / 10,
    value: value(i / 10),
  }));

test('a value that grows by three per minute has that slope, also across restarts', () => {
  const samples = [
    ...life('a', 0, 5, (minute) => 100 + 3 * minute),
    ...life('b', 5 * MINUTE_MS, 5, (minute) => 40 + 3 * minute),
  ];
  expect(slopeOf(samples, 0)?.perMinute).toBeCloseTo(3);
});

test('a value that grows only at first is flat', () => {
  expect(
    slopeOf(
      life('a', 0, 10, (minute) => Math.min(minute, 1) * 50),
      MINUTE_MS,
    ),
  ).toMatchObject({ perMinute: expect.closeTo(0), mean: 50 });
});

test('lifetimes that are too short give no slope', () => {
  expect(
    slopeOf(
      life('a', 0, 1, (minute) => minute),
      MINUTE_MS / 2,
    ),
  ).toBeUndefined();
});
