import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { replaceByLinkLoop } from '../../../test/src/support/link-loop';
import { connectMoto } from '../../../test/src/support/moto-server';
import { describeWith } from '../../../test/src/support/optional-tools';
import { ObjectUnreadableError, openStore, listAll, type ObjectStore } from './index';

const UNPRIVILEGED_UID = 65_534;

async function keysOf(
  store: ObjectStore,
  prefix: string,
  onUnreadable?: (error: ObjectUnreadableError) => void,
): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, prefix, { onUnreadable })) keys.push(key);
  return keys;
}

describe('on file', () => {
  let root: string;
  let store: ObjectStore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'cytoqueue-unreadable-'));
    store = openStore(pathToFileURL(root).href);
    await store.start();
    for (const key of ['a/x/1', 'a/x/2', 'a/y/1']) await store.put(key, Buffer.from(key));
  });

  afterEach(() => rm(root, { recursive: true, force: true }));

  test('every read of a symbolic link loop is ObjectUnreadableError; listing and deleting it work', async () => {
    replaceByLinkLoop(store.url, 'a/x/1');
    const range = { start: 0, end: 1 };
    const reads = [
      store.get('a/x/1'),
      store.get('a/x/1', Buffer.alloc(10)),
      store.getRange('a/x/1', range),
      store.getStream('a/x/1'),
      store.head('a/x/1'),
    ];
    for (const read of reads) await expect(read).rejects.toMatchObject({ name: 'ObjectUnreadableError', key: 'a/x/1' });
    expect(await keysOf(store, 'a/')).toEqual(['a/x/1', 'a/x/2', 'a/y/1']);
    await store.delete('a/x/1');
    expect(await keysOf(store, 'a/')).toEqual(['a/x/2', 'a/y/1']);
  });

  test('while the whole store is unavailable, reads are StoreUnavailableError', async () => {
    replaceByLinkLoop(store.url, 'a/x/1');
    const failing = store.get('a/x/1');
    await expect(failing).rejects.toBeInstanceOf(ObjectUnreadableError);
    await rename(root, `${root}.away`);
    replaceByLinkLoop(pathToFileURL(tmpdir()).href, root.slice(tmpdir().length + 1));
    await expect(store.get('a/x/1')).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    await rm(root);
    await rename(`${root}.away`, root);
  });

  test("an unreadable folder fails its own listing, appears in its parent's, and is skipped with onUnreadable", async () => {
    await chmod(root, 0o777);
    await chmod(join(root, 'a'), 0o777);
    await chmod(join(root, 'a', 'y'), 0o777);
    await chmod(join(root, 'a', 'x'), 0o000);
    const skipped: string[] = [];
    await asUnprivileged(async () => {
      await expect(keysOf(store, 'a/x/')).rejects.toMatchObject({ name: 'ObjectUnreadableError', key: 'a/x/' });
      await expect(keysOf(store, 'a/')).rejects.toMatchObject({ name: 'ObjectUnreadableError', key: 'a/x/' });
      await expect(store.get('a/x/1')).rejects.toMatchObject({ name: 'ObjectUnreadableError', key: 'a/x/1' });
      expect((await store.list({ prefix: 'a/', delimiter: '/' })).prefixes).toEqual(['a/x/', 'a/y/']);
      expect(await store.listDescending?.({ prefix: 'a/', limit: 9, matches: () => true })).toEqual(['y', 'x']);
      expect(await keysOf(store, 'a/', ({ key }) => skipped.push(key))).toEqual(['a/y/1']);
    });
    expect(skipped).toEqual(['a/x/']);
    await chmod(join(root, 'a', 'x'), 0o700);
  });
});

/** Permissions do not apply to root, so become another user. */
async function asUnprivileged(work: () => Promise<void>): Promise<void> {
  const uid = process.geteuid?.() ?? UNPRIVILEGED_UID;
  if (uid === 0) process.seteuid?.(UNPRIVILEGED_UID);
  try {
    await work();
  } finally {
    if (uid === 0) process.seteuid?.(uid);
  }
}

describeWith('moto_server', 'on S3', () => {
  test('an archived object is unreadable, other objects are readable', async () => {
    process.env.AWS_ENDPOINT_URL = (await connectMoto()).url;
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    const client = new S3Client({ region: 'us-east-1', forcePathStyle: true });
    const Bucket = `unreadable-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket }));
    const store = openStore(`s3://${Bucket}/some`);
    await client.send(new PutObjectCommand({ Bucket, Key: 'some/a', Body: 'x', StorageClass: 'GLACIER' }));
    await store.put('b', Buffer.from('y'));
    await expect(store.get('a')).rejects.toMatchObject({ name: 'ObjectUnreadableError', key: 'a' });
    expect(String(await store.get('b'))).toBe('y');
    await store.delete('a');
    expect(await keysOf(store, '')).toEqual(['b']);
    await store.stop();
    client.destroy();
  });
});
