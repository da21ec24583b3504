import fc from 'fast-check';
import { preferredWaitSeconds as preferred } from './prefer';

const MAX_SECONDS = 60;
const preferredWaitSeconds = (header: string | undefined) => preferred(header, MAX_SECONDS);

test.each([
  [undefined, undefined],
  ['', undefined],
  ['wait=5', 5],
  ['WAIT = 5', 5],
  ['wait="5"', 5],
  ['respond-async, wait=10', 10],
  ['wait=10; foo="a, b"', 10],
  ['wait=0', 0],
  ['wait=61', 60],
  ['wait=99999999999999999999', 60],
  ['wait', undefined],
  ['wait=', undefined],
  ['wait=-1', undefined],
  ['wait=1.5', undefined],
  ['wait=5s', undefined],
  ['await=5', undefined],
  ['wait=3, wait=9', 3],
  ['wait=soon, wait=9', undefined],
  ['wait, wait=9', undefined],
  ['wait; wait=9', undefined],
  ['wait="5', undefined],
  ['wait=5"', undefined],
  ['waiting, wait=9', 9],
  ['foo="a, wait=5"', undefined],
  ['foo="\\", wait=5", wait=7', 7],
])('%j is %j', (header, seconds) => {
  expect(preferredWaitSeconds(header)).toBe(seconds);
});

/** A preference in RFC 7240's syntax with a name other than wait. */
const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((name) => name !== 'wait');
const quoted = fc.string().map((text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`);
const value = fc.oneof(token, quoted);
const other = fc
  .tuple(token, fc.option(value), fc.option(fc.tuple(token, value)))
  .map(
    ([name, own, parameter]) =>
      name + (own === null ? '' : `=${own}`) + (parameter === null ? '' : `; ${parameter.join('=')}`),
  );

test('finds the wait preference among others, and none where there is none', () => {
  fc.assert(
    fc.property(fc.array(other), fc.array(other), fc.nat({ max: 200 }), (before, after, seconds) => {
      expect(preferredWaitSeconds([...before, `wait=${seconds}`, ...after].join(', '))).toBe(Math.min(seconds, 60));
      expect(preferredWaitSeconds([...before, ...after].join(', '))).toBeUndefined();
    }),
  );
});

test('no header makes it throw or exceed the maximum', () => {
  fc.assert(
    fc.property(fc.string(), (header) => {
      const seconds = preferredWaitSeconds(header);
      expect(seconds === undefined || (seconds >= 0 && seconds <= 60)).toBe(true);
    }),
  );
});

test('a quoted value that is not closed extends to the end, also behind a backslash', () => {
  for (const end of ['', '\\', '\\"', '\\\\']) {
    expect(preferredWaitSeconds(`wait=5, other="a, wait=7${end}`)).toBe(5);
    expect(preferredWaitSeconds(`other="a, wait=7${end}`)).toBeUndefined();
  }
});
