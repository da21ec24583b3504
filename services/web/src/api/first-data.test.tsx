/** @jest-environment jsdom */
import type { Session } from '@cytoqueue/client';
import { GRADES_MODEL, problem } from '../page.test.fixtures';
import { noRetryClient } from './clients';
import { requestFirstData } from './first-data';
import { SESSION_KEY, createQueryClient } from './query-client';

const MEMBER = { role: 'member', defaults: { model: 'own/lab@2', operating_point: 'default' } } as Session;

let session: jest.SpyInstance;
let version: jest.SpyInstance;

beforeEach(() => {
  session = jest.spyOn(noRetryClient, 'session').mockResolvedValue(MEMBER);
  version = jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(GRADES_MODEL);
});

afterEach(() => jest.restoreAllMocks());

test.each(['/', '/predictions/new'])('at %s, the session and the model of its form are requested', async (path) => {
  const queryClient = createQueryClient();
  await requestFirstData(queryClient, path);
  expect(queryClient.getQueryData(SESSION_KEY)).toBe(MEMBER);
  expect(version.mock.calls).toEqual([['own/lab', '2', expect.anything()]]);
  expect(queryClient.getQueryData(['version', 'own/lab', '2'])).toBe(GRADES_MODEL);
});

test.each([
  ['another page', '/predictions/pred_1', MEMBER],
  ['an operator, who has no form', '/', { ...MEMBER, role: 'operator' }],
  ['a laboratory without a model', '/', { ...MEMBER, defaults: undefined }],
])('for %s, no model is requested', async (_who, path, answer) => {
  session.mockResolvedValue(answer);
  await requestFirstData(createQueryClient(), path);
  expect(version).not.toHaveBeenCalled();
});

test.each([
  ['/batches', ['batches'], 'listBatches', { limit: 20 }],
  ['/worklist', ['worklist', 'indeterminate'], 'worklist', { limit: 25, outcome: 'indeterminate' }],
] as const)('at %s, its first items are requested, and no model', async (path, key, method, query) => {
  const items = { data: [], has_more: false, last_id: null };
  const list = jest.spyOn(noRetryClient, method).mockResolvedValue(items);
  const queryClient = createQueryClient();
  await requestFirstData(queryClient, path);
  expect(list.mock.calls).toEqual([[{ ...query, signal: expect.anything() }]]);
  expect(queryClient.getQueryData(key)).toMatchObject({ pages: [items] });
  session.mockResolvedValue({ ...MEMBER, role: 'operator' });
  await requestFirstData(createQueryClient(), path);
  expect(list).toHaveBeenCalledTimes(1);
  expect(version).not.toHaveBeenCalled();
});

test('a failed request is left to the page, which shows the error', async () => {
  session.mockRejectedValue(problem(403));
  const queryClient = createQueryClient();
  await requestFirstData(queryClient, '/');
  expect(queryClient.getQueryData(SESSION_KEY)).toBeUndefined();
  expect(version).not.toHaveBeenCalled();
});
