/** @jest-environment jsdom */
import { problem } from '../page.test.fixtures';
import { blockingErrorOf } from './clients';

test.each([
  ['a first request that failed', true, problem(503), true],
  ['a later request that failed', false, problem(503), false],
  ['a resource deleted after it was loaded', false, problem(404), true],
  ['a resource that expired after it was loaded', false, problem(410), true],
  ['no error', false, null, false],
])('whether %s leaves nothing to show', (_, isLoadingError, error, isFailure) => {
  expect(blockingErrorOf({ isLoadingError, error })).toBe(isFailure ? error : null);
});
