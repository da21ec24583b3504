import { etaSeconds } from './training-response';

const startedMs = Date.UTC(2026, 5, 1);
const training = { created_at: new Date(startedMs).toISOString(), folds: 10, repetitions: 2 };
const etaAfter = (foldSeconds: number[], nowSeconds: number) =>
  etaSeconds(
    training,
    foldSeconds.map((seconds) => startedMs + seconds * 1_000),
    startedMs + nowSeconds * 1_000,
  );

test('is unknown before the first fold', () => expect(etaAfter([], 50)).toBeNull());

test('follows from the time of the first fold, then from the mean time between folds, without the time in the queue', () => {
  // 20 folds take 95 % of the time.
  expect(etaAfter([10], 10)).toBe(Math.ceil(10 * (20 / 0.95 - 1)));
  expect(etaAfter([1_000, 1_002, 1_004], 1_005)).toBe(Math.ceil(2 * (20 / 0.95 - 3) - 1));
});

test('is never negative', () => expect(etaAfter([1, 2], 10_000)).toBe(0));
