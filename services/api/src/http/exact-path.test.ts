import { spellingsOf } from '../../../../test/src/support/spellings';
import { isExactPath } from './exact-path';

const ID = 'batch_01m848f8snd7jxeg6qw100kheb';

test.each([
  '/',
  '/?x=/../metrics',
  '/metrics',
  '/metrics?x=1',
  '/health/live',
  `/v1/batches/${ID}/results?partial=true`,
  '/v1/models/wbc-knn/versions/1.0.0/plots/roc.svg',
  '/admin/queues',
  '/admin/queues/',
  '/v1/import-profiles/Dicke%20(alt)',
  '/v1/import-profiles/%C3%9Cbersicht',
  "/v1/import-profiles/a%2Cb,c'd%40",
  '/v1/models/own/mylab',
])('%s is exact', (target) => {
  expect(isExactPath(target)).toBe(true);
});

/** Spellings that may also name another resource. */
const OTHER_NAMES = /^[/A-Za-z0-9_-]+(\.|\.html|%20|%3bx|%252f)?$/;

test.each(['/metrics', '/health/live', `/v1/batches/${ID}/results`, '/admin/queues/api/queues/shards/pause'])(
  'no other spelling of %s is',
  (path) => {
    const wrong = spellingsOf(path).filter(
      (spelling) => !OTHER_NAMES.test(spelling) || spelling.endsWith('/') || spelling.includes('//'),
    );
    expect(wrong.length).toBeGreaterThan(20);
    expect(wrong.filter((spelling) => isExactPath(spelling))).toEqual([]);
  },
);

test.each([
  '',
  '*',
  '?',
  'x',
  '/%6detrics',
  '/metrics%2e',
  '/a%7Fb',
  '/a%5cb',
  '/a%09b',
  '/ä',
  '/a b',
  '/a"b',
  '/a|b',
  '/.',
  '/..',
  '/a/%2e%2e/b',
  '/admin/queues//',
  '//admin/queues/',
])('%j is not', (target) => {
  expect(isExactPath(target)).toBe(false);
});

test('bytes that are not UTF-8 are a malformed request', () => {
  for (const target of ['/v1/batches/%ff', '/a%2', '/a%zz', '/%']) expect(() => isExactPath(target)).toThrow(URIError);
});
