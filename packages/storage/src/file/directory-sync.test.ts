import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { DirectorySync } from './directory-sync';

let dir: string;
/** Requested fsyncs, which wait until the test runs them. */
let held: (() => void)[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'directory-sync-'));
  held = [];
  const { fsync } = fs;
  jest.spyOn(fs, 'fsync').mockImplementation((fd, done) => void held.push(() => fsync(fd, done)));
});

afterEach(async () => {
  jest.restoreAllMocks();
  await rm(dir, { recursive: true });
});

async function releaseNext(count: number): Promise<void> {
  await waitUntil(`fsync ${count} is requested`, () => held.length === count);
  held[count - 1]?.();
}

test('callers that arrive during a sync share the next one, which starts after it', async () => {
  const syncs = new DirectorySync();
  const events: string[] = [];
  const first = syncs.sync(dir).then(() => events.push('first'));
  const later = Array.from({ length: 100 }, () => syncs.sync(dir).then(() => events.push('later')));
  await releaseNext(1);
  await first;
  await releaseNext(2);
  await Promise.all(later);
  expect(events).toEqual(['first', ...Array<string>(100).fill('later')]);
  expect(held).toHaveLength(2);
});

test('a failed sync rejects for its own callers only', async () => {
  const syncs = new DirectorySync();
  jest.mocked(fs.fsync).mockImplementationOnce((_fd, done) => void held.push(() => done(new Error('EIO'))));
  const first = syncs.sync(dir);
  const next = syncs.sync(dir);
  const failure = first.catch((error: unknown) => error);
  await releaseNext(1);
  expect(await failure).toMatchObject({ message: 'EIO' });
  await releaseNext(2);
  await next;
});

test('syncing a removed directory succeeds', async () => {
  await new DirectorySync().sync(join(dir, 'removed'));
  expect(held).toEqual([]);
});
