import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { access, mkdir, mkdtemp, open, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { describeWith } from '../../../../test/src/support/optional-tools';
import { readExactly } from './file-readable';
import { ObjectCorruptError, listAll, listFolders, type ObjectStore } from '../index';
import { FileObjectStore } from './file-object-store';

const TWO_HOURS_S = 2 * 60 * 60;

let root: string;
let store: ObjectStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cytoqueue-file-store-'));
  store = new FileObjectStore(root);
  await store.start();
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function keysOf(prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, prefix)) keys.push(key);
  return keys;
}

async function tempFiles(): Promise<string[]> {
  return readdir(join(root, '.tmp'));
}

/** Counts fsync calls and files opened with O_DSYNC while `work` runs. */
async function countSyncs(work: () => Promise<unknown>): Promise<number> {
  const sync = jest.spyOn(fs, 'fsync');
  const opened = jest.spyOn(fs, 'open');
  await work();
  const count =
    sync.mock.calls.length +
    opened.mock.calls.filter(([, flags]) => (Number(flags) & fs.constants.O_DSYNC) !== 0).length;
  sync.mockRestore();
  opened.mockRestore();
  return count;
}

test('a pipe in the place of an object is no object, and blocks no read', async () => {
  execFileSync('mkfifo', [join(root, 'pipe')]);
  const missing = { name: 'ObjectNotFoundError' };
  for (let read = 0; read < 5; read++) {
    await expect(store.get('pipe')).rejects.toMatchObject(missing);
    await expect(store.get('pipe', Buffer.alloc(9))).rejects.toMatchObject(missing);
    await expect(store.getStream('pipe')).rejects.toMatchObject(missing);
    expect(await store.head('pipe')).toBeUndefined();
  }
  await expect(store.putOnce('pipe', Buffer.from('x'))).rejects.toMatchObject({ name: 'ObjectMismatchError' });
});

describe('durability', () => {
  it('syncs the file, its directory and every created directory', async () => {
    expect(await countSyncs(() => store.put('a/b/c', Buffer.from('x')))).toBe(1 + 3);
    expect(await countSyncs(() => store.put('a/b/d', Buffer.from('x')))).toBe(1 + 1);
    expect(await countSyncs(() => store.putOnce('a/b/e', new Uint8Array()))).toBe(1);
    expect(await countSyncs(() => store.putOnce('a/b/d', Buffer.from('x')))).toBe(1 + 1); // exists: the directory is synced all the same
  });

  it('stores an object and its marker as one file and syncs both directories', async () => {
    await store.put('pending/t/0', new Uint8Array());
    await store.put('r/0/request', Buffer.from('x'));
    expect(await countSyncs(() => store.putWithMarker('r/1/request', Buffer.from('x'), 'pending/t/1'))).toBe(1 + 3);
    expect(fs.statSync(join(root, 'pending/t/1')).ino).toBe(fs.statSync(join(root, 'r/1/request')).ino);
  });

  it('syncs all parent directories again after the folder was removed', async () => {
    await store.put('a/b/c', Buffer.from('x'));
    await store.deletePrefix('a/');
    expect(await countSyncs(() => store.put('a/b/c', Buffer.from('x')))).toBe(1 + 3);
  });

  it('replacing an object does not affect a reader that has opened it', async () => {
    await store.put('a', Buffer.from('before'));
    const stream = await store.getStream('a');
    await store.put('a', Buffer.from('after!'));
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('before');
  });
});

describe('several processes on one folder', () => {
  it('create an object once, when they write at the same time', async () => {
    const stores = Array.from({ length: 10 }, () => new FileObjectStore(root));
    const outcomes = await Promise.all(stores.map((one) => one.putOnce('a/b', Buffer.from('same'))));
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect(await tempFiles()).toEqual([]);
  });

  it('write while another process removes the folder', async () => {
    for (let round = 0; round < 30; round++) {
      const writes = Array.from({ length: 8 }, (_, n) => store.put(`x/${n % 2}/${n}`, Buffer.from('x')));
      await Promise.all([store.deletePrefix('x/'), ...writes, store.deletePrefix('x/')]);
    }
    await store.deletePrefix('x/');
    expect(await keysOf()).toEqual([]);
  });
});

describe('start', () => {
  it('removes temp files by age only: two containers can have the same host name and pid', async () => {
    const old = ['any~1', `${hostname()}~${process.pid}~abc~1`];
    const recent = [`${hostname()}~${process.pid}~another-container~1`, `${hostname()}~999999~abc~2`, 'any~2'];
    for (const name of [...old, ...recent]) await writeFile(join(root, '.tmp', name), 'half');
    const longAgo = Date.now() / 1000 - TWO_HOURS_S;
    for (const name of old) await utimes(join(root, '.tmp', name), longAgo, longAgo);
    await store.start();
    expect((await tempFiles()).sort()).toEqual(recent.sort());
  });

  it('keeps the temp files of running writes', async () => {
    const source = new Readable({ read() {} });
    const writing = store.put('a', source);
    source.push(Buffer.from('first'));
    while ((await tempFiles()).length === 0) await new Promise(setImmediate);
    await store.start();
    source.push(null);
    expect(await writing).toEqual({ size: 5 });
  });
});

describe('an object that is truncated while it is read', () => {
  const SIZE = 2 * 1024 * 1024;
  beforeEach(async () => {
    await store.put('a', Buffer.alloc(SIZE, 'x'));
  });

  it('fails the stream instead of ending it early', async () => {
    const stream = await store.getStream('a');
    let received = 0;
    const reading = (async () => {
      for await (const chunk of stream) {
        received += (chunk as Buffer).length;
        await truncate(join(root, 'a'), SIZE / 2);
      }
    })();
    await expect(reading).rejects.toBeInstanceOf(ObjectCorruptError);
    expect(received).toBeLessThan(SIZE);
  });

  it('fails pipeTo', async () => {
    const target = new Writable({
      write: (_chunk, _encoding, done) => void truncate(join(root, 'a'), SIZE / 2).then(() => done(), done),
    });
    await expect(store.pipeTo('a', target)).rejects.toBeInstanceOf(ObjectCorruptError);
  });

  it('fails the read instead of returning uninitialised memory', async () => {
    const file = await open(join(root, 'a'));
    await truncate(join(root, 'a'), 10);
    await expect(readExactly('a', file, Buffer.alloc(20), 0)).rejects.toBeInstanceOf(ObjectCorruptError);
    await file.close();
  });
});

describe('listing', () => {
  it('omits hidden files and special files', async () => {
    await store.put('shown/a', Buffer.from('x'));
    await mkdir(join(root, 'shown/.hidden'));
    await writeFile(join(root, 'shown/.hidden/b'), 'x');
    await writeFile(join(root, 'shown/.c'), 'x');
    await writeFile(join(root, '.tmp/left'), 'x');
    execFileSync('mkfifo', [join(root, 'shown/pipe')]);
    expect(await keysOf()).toEqual(['shown/a']);
  });

  it('lists folders, empty ones only on request', async () => {
    for (const folder of ['a', 'b', 'c']) await store.put(`list/${folder}/object`, Buffer.from('x'));
    await store.delete('list/b/object');
    const foldersOf = async (options?: { emptyFolders: boolean }) => {
      const folders: string[] = [];
      for await (const folder of listFolders(store, 'list/', 'list/a/', options)) folders.push(folder);
      return folders;
    };
    expect(await foldersOf()).toEqual(['c']);
    expect(await foldersOf({ emptyFolders: true })).toEqual(['b', 'c']);
  });

  it('lists thousands of files in pages', async () => {
    await mkdir(join(root, 'many'));
    const keys = Array.from({ length: 2500 }, (_, n) => `many/${String(n).padStart(5, '0')}`);
    for (const key of keys) await writeFile(join(root, key), '');
    expect(await keysOf('many/')).toEqual(keys);
    expect((await store.list({ prefix: 'many/', limit: 5000 })).objects).toHaveLength(1000);
  });
});

it('is unavailable when its root folder was removed', async () => {
  await rm(root, { recursive: true });
  await expect(store.checkWritable()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', cause: { code: 'ENOENT' } });
});

it('gives other users no access to objects', async () => {
  await store.put('tenants/t/batches/b/input.csv', Buffer.from('x'));
  await store.put('pending/t/b', new Uint8Array());
  for (const entry of await readdir(root, { recursive: true })) {
    const mode = spawnSync('stat', ['-c', '%a', join(root, entry)])
      .stdout.toString()
      .trim();
    expect(mode).toMatch(/0$/);
  }
});

describeWith('a mounted tmpfs', 'a full disk', () => {
  beforeEach(() => void execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', root]));

  afterEach(() => void execFileSync('umount', [root]));

  it('is a StoreFullError, leaves no temp file, and writes succeed when there is space again', async () => {
    await store.start();
    const full = { name: 'StoreFullError', code: 'STORE_FULL' };
    const large = Buffer.alloc(400_000);
    await expect(store.put('a/large', large)).rejects.toMatchObject(full);
    await expect(store.putOnce('a/large', Readable.from([large]))).rejects.toMatchObject(full);
    expect(await keysOf()).toEqual([]);
    expect(await tempFiles()).toEqual([]);
    await store.put('a/small', Buffer.alloc(150_000));
    await expect(store.put('a/small', Buffer.alloc(150_000, 1))).rejects.toMatchObject(full);
    expect((await store.get('a/small')).equals(Buffer.alloc(150_000))).toBe(true);
    await store.delete('a/small');
    expect(await store.put('a/small', Buffer.alloc(150_000, 1))).toEqual({ size: 150_000 });
    await access(join(root, 'a/small'));
  });
});

describeWith('a mounted tmpfs', 'a disk that became read-only', () => {
  const remount = (mode: 'ro' | 'rw') => execFileSync('mount', ['-o', `remount,${mode}`, root]);

  beforeEach(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root]);
    await store.start();
  });

  afterEach(() => void execFileSync('umount', [root]));

  it('fails writes with StoreUnavailableError, serves reads, and recovers when it is writable again', async () => {
    const x = Buffer.from('x');
    await store.put('a/there', x);
    remount('ro');
    const writes = [
      () => store.put('a/new', x),
      () => store.put('a/empty', new Uint8Array()),
      () => store.putOnce('a/once', x),
      () => store.putOnce('a/stream', Readable.from([x])),
      () => store.putWithMarker('a/m', x, 'b/m'),
      () => store.copy('a/there', 'a/copy'),
      () => store.delete('a/there'),
      () => store.deletePrefix('a/'),
    ];
    for (const write of writes) await expect(write()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    expect((await store.get('a/there')).toString()).toBe('x');
    remount('rw');
    await store.put('a/new', Buffer.from('x'));
    expect(await keysOf()).toEqual(['a/new', 'a/there']);
  });
});
