import fc from 'fast-check';
import { createId, encodeTime, idTimeMs } from './ids';

const MAX_TIME_MS = 2 ** 48 - 1;

describe('createId', () => {
  it('makes ids that sort as they were made, all different', () => {
    const ids = Array.from({ length: 20_000 }, () => createId('pred_'));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('sorts ids by their time, whatever the order they were made in', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(MAX_TIME_MS), { minLength: 2 }), (timesMs) => {
        const ids = timesMs.map((timeMs) => createId('batch_', timeMs)).sort();
        expect(ids.map((id) => idTimeMs('batch_', id))).toEqual(timesMs.toSorted((a, b) => a - b));
      }),
    );
  });

  it('is URL-safe and of one length', () => {
    for (const timeMs of [0, 1, Date.now(), MAX_TIME_MS]) {
      expect(createId('batch_', timeMs)).toMatch(/^batch_[0-9a-hjkmnp-tv-z]{26}$/);
    }
  });

  it('does not let the next id be counted up from the last', () => {
    const tails = Array.from({ length: 50 }, () => createId('pred_', 1_700_000_000_000).slice(-16, -4));
    expect(new Set(tails).size).toBe(50); // steps of one would leave these 60 bits alone
  });

  it('refuses a time that does not fit', () => {
    for (const timeMs of [-1, 0.5, MAX_TIME_MS + 1, Number.NaN])
      expect(() => createId('pred_', timeMs)).toThrow(RangeError);
  });
});

describe('idTimeMs', () => {
  it('reads the time back', () => {
    fc.assert(
      fc.property(fc.nat(MAX_TIME_MS), (timeMs) => {
        expect(idTimeMs('pred_', createId('pred_', timeMs))).toBe(timeMs);
        expect(createId('pred_', timeMs).startsWith(`pred_${encodeTime(timeMs)}`)).toBe(true);
      }),
    );
  });

  it.each([
    '',
    'pred_',
    `batch_${'0'.repeat(26)}`,
    `pred_${'0'.repeat(25)}`,
    `pred_${'0'.repeat(27)}`,
    `pred_8${'0'.repeat(25)}`,
    `pred_${'u'.repeat(26)}`,
    `pred_${'A'.repeat(26)}`,
  ])('knows %j for no id', (text) => {
    expect(idTimeMs('pred_', text)).toBeUndefined();
  });
});
