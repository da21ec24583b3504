import { ApiError, ConnectionError } from './index';
import { retryDelayMs, isRetryable, sleep, withRetries } from './retry';

const policy = { attempts: 4, baseDelayMs: 300, maxDelayMs: 1_000 };
const unavailable = (retryAfterMs?: number) => new ApiError(503, {}, retryAfterMs);

test.each([
  [0, 150, 300],
  [1, 300, 600],
  [2, 500, 1_000],
  [20, 500, 1_000],
])('after %d earlier failures the delay lies between %d and %d ms', (failures, least, most) => {
  for (let draw = 0; draw < 200; draw++) {
    const ms = retryDelayMs(new ConnectionError('x'), failures, policy);
    expect(ms >= least && ms <= most).toBe(true);
  }
});

test('the delay is at least Retry-After, up to two minutes', () => {
  expect(retryDelayMs(unavailable(5_000), 0, policy)).toBe(5_000);
  expect(retryDelayMs(unavailable(3_600_000), 0, policy)).toBe(120_000);
  expect(retryDelayMs(unavailable(0), 0, policy)).toBeGreaterThanOrEqual(150);
});

test.each([429, 502, 503, 504])('status %d is retryable', (status) => {
  expect(isRetryable(new ApiError(status, {}, undefined))).toBe(true);
});

test.each([400, 401, 404, 409, 413, 422, 500, 507])('status %d is not retryable', (status) => {
  expect(isRetryable(new ApiError(status, {}, undefined))).toBe(false);
});

test('a lost connection is retryable, a programming error is not', () => {
  expect([isRetryable(new ConnectionError('x')), isRetryable(new TypeError('x'))]).toEqual([true, false]);
});

describe('retries wait', () => {
  let waited: number[];

  beforeEach(() => {
    waited = [];
    const { setTimeout: real } = globalThis;
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(((done: () => void, ms: number) => {
      waited.push(ms);
      return real(done, 0);
    }) as typeof setTimeout);
  });

  afterEach(() => jest.restoreAllMocks());

  test('as long as Retry-After before each attempt, and the last failure is thrown', async () => {
    let attempts = 0;
    const failing = () => Promise.reject(unavailable(1_000 * ++attempts));
    await expect(withRetries(policy, undefined, failing)).rejects.toMatchObject({ retryAfterMs: 4_000 });
    expect(waited).toEqual([1_000, 2_000, 3_000]);
  });

  test('not at all after a permanent failure', async () => {
    await expect(
      withRetries(policy, undefined, () => Promise.reject(new ApiError(404, {}, undefined))),
    ).rejects.toMatchObject({ status: 404 });
    expect(waited).toEqual([]);
  });
});

test("an aborted sleep rejects with the signal's reason, also if it was aborted before", async () => {
  const controller = new AbortController();
  const pausing = sleep(3_600_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(pausing).rejects.toThrow('enough');
  await expect(sleep(3_600_000, controller.signal)).rejects.toThrow('enough');
});
