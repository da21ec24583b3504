import type { Change } from '@cytoqueue/queue';
import { SnapshotFeeds } from './snapshot-feeds';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A feed whose changes the test makes; `reads` counts how often its resource was read. */
function openFeed() {
  let listener: (change: Change) => void = () => undefined;
  const subscribe = (_id: string, added: typeof listener) => {
    listener = added;
    return () => undefined;
  };
  let reads = 0;
  const read = async () => ({ eventId: String(++reads), data: {}, final: false });
  const feed = new SnapshotFeeds({ subscribe }, 1e8).open('lab', 'batch', read);
  return {
    feed,
    change: (change: Change) => listener(change),
    reads: () => reads,
    pass: (ms: number) => jest.advanceTimersByTimeAsync(ms),
  };
}

test('steps within a tenth of a second share one read', async () => {
  const { change, reads, pass } = openFeed();
  change('step');
  await pass(0);
  expect(reads()).toBe(1);
  for (let step = 0; step < 30; step++) change('step');
  await pass(99);
  expect(reads()).toBe(1);
  await pass(1);
  expect(reads()).toBe(2);
  await pass(1_000);
  expect(reads()).toBe(2);
});

test('a change of state is read at once, although a step was read just before', async () => {
  const { feed, change, reads, pass } = openFeed();
  change('step');
  await pass(0);
  change('state');
  await pass(0);
  expect([reads(), feed.latest().eventId]).toEqual([2, '2']);
});

test('a step that waits is read with a change of state', async () => {
  const { change, reads, pass } = openFeed();
  change('step');
  await pass(0);
  change('step');
  change('state');
  await pass(1_000);
  expect(reads()).toBe(2);
});

test('a closed feed reads no more', async () => {
  const { feed, change, reads, pass } = openFeed();
  change('step');
  await pass(0);
  change('step');
  feed.close();
  await pass(1_000);
  expect(reads()).toBe(1);
});
