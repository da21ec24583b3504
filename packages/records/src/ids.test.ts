import fc from 'fast-check';
import { createId, encodeTime, idTimeMs } from './ids';

const MAX_TIME_MS = 2 ** 48 - 1;

describe('createId', () => {
  it('creates unique ids that sort by creation', () => {
    const ids = Array.from({ length: 20_000 }, () => createId('pred_'));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('sorts ids by their time, in whichever order they are created', () => {
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

  it('creates ids that cannot be guessed from the previous one', () => {
    const tails = Array.from({ length: 50 }, () => createId('pred_', 1_700_000_000_000).slice(-16, -4));
    expect(new Set(tails).size).toBe(50); // steps of one would keep these 60 bits
  });

  it('refuses a time of more than 48 bits', () => {
    for (const timeMs of [-1, 0.5, MAX_TIME_MS + 1, Number.NaN])
      expect(() => createId('pred_', timeMs)).toThrow(RangeError);
  });
});

describe('idTimeMs', () => {
  it('returns the time of an id', () => {
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
  ])('returns undefined for %j', (text) => {
    expect(idTimeMs('pred_', text)).toBeUndefined();
  });
});
