import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { connectMoto } from '../../../../test/src/support/moto-server';
import { describeWith } from '../../../../test/src/support/optional-tools';
import { openStore, listAll, type ObjectStore } from '../index';

/** Creates stores for the contract tests. */
interface Fixture {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A new, empty store. */
  open(): Promise<ObjectStore>;
  /** Lists temp files or unfinished uploads in the last opened store. */
  leftovers(): Promise<string[]>;
}

class FileFixture implements Fixture {
  private root = '';
  private directory = '';

  async start() {
    this.root = await mkdtemp(join(tmpdir(), 'cytoqueue-storage-'));
  }

  stop() {
    return rm(this.root, { recursive: true });
  }

  async open() {
    this.directory = join(this.root, randomUUID(), 'objects');
    return openStore(pathToFileURL(this.directory).href);
  }

  async leftovers() {
    const entries = await readdir(this.directory, { recursive: true, withFileTypes: true });
    const hidden = entries.filter((entry) => entry.isFile() && entry.parentPath.includes('/.'));
    // A journal always has a log.
    return hidden.map(({ name }) => name).filter((name) => name !== 'log');
  }
}

class S3Fixture implements Fixture {
  private client!: S3Client;
  private bucket = '';

  async start() {
    process.env.AWS_ENDPOINT_URL = (await connectMoto()).url;
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    this.client = new S3Client({ region: 'us-east-1', forcePathStyle: true });
  }

  async stop() {
    this.client.destroy();
  }

  async open() {
    this.bucket = `contract-${randomUUID()}`;
    await this.client.send(new CreateBucketCommand({ Bucket: this.bucket }));
    return openStore(`s3://${this.bucket}/some/place`);
  }

  async leftovers() {
    const { Uploads = [] } = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.bucket }));
    return Uploads.map(({ Key = '' }) => Key);
  }
}

/** Opens a fresh store before every test and checks afterwards that no unfinished write is left. */
function useStore(fixture: Fixture): () => ObjectStore {
  let store: ObjectStore;

  beforeAll(() => fixture.start());
  afterAll(() => fixture.stop());

  beforeEach(async () => {
    store = await fixture.open();
    await store.start();
    await store.start();
  });

  afterEach(async () => {
    assert.equal((await fixture.leftovers()).join(), '');
    await store.stop();
    await store.stop();
  });
  return () => store;
}

/** Runs the tests on every adapter. */
export function describeStores(contract: (currentStore: () => ObjectStore) => void): void {
  describe('an object store on file', () => contract(useStore(new FileFixture())));
  describeWith('moto_server', 'an object store on S3', () => contract(useStore(new S3Fixture())));
}

export async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, '')) keys.push(key);
  return keys;
}
