import type { Readable, Writable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type GetObjectCommandOutput,
  type HeadObjectCommandOutput,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import {
  ObjectMismatchError,
  ObjectNotFoundError,
  ObjectRangeError,
  StoreUnavailableError,
  assertSize,
} from '../errors';
import { checkFolder, checkKey, checkPrefix, checkRange, pageLimit } from '../key-validation';
import type {
  ByteRange,
  ListOptions,
  ListPage,
  ObjectBody,
  ObjectInfo,
  ObjectStore,
  PutOptions,
  TimedObject,
} from '../object-store';
import { readAll, sha256Of, completeBody } from './complete-body';
import { createS3Client } from './s3-client';
import { copyWithinBucket, MAX_COPY_BYTES } from './copy-object';
import { contentDisposition } from './content-disposition';
import { isNotFound, isConflict, isUnknownUpload, toReadError, toStoreError } from './s3-errors';
import { writeChunks } from '../streams/write-chunks';
import type { BodyDigest } from './part-reader';
import { probeS3 } from './s3-probe';
import { S3Uploader, SHA256_FIELD, UploadError } from './s3-uploader';
import { allSettledOrThrow } from '../all-settled-or-throw';
import type { StoreFinding } from '../store-finding';
import { confineToObject } from '../unreadable';

const REQUEST_TIMEOUT_MS = 5_000;
const BULK_REQUEST_TIMEOUT_MS = 60_000;
const GET_ATTEMPTS = 3;
const LAST_CHARACTER = '\u{10ffff}';

/**
 * Stores objects in an S3 bucket, or in a bucket of a compatible server that supports conditional writes.
 *
 * `putOnce` sends `If-None-Match: *`, also when it completes a multipart upload. An SDK retry after a lost response finds its
 * own object (412): equal checksums mean success.
 */
export class S3ObjectStore implements ObjectStore {
  readonly url: string;
  readonly presigns = true;
  private readonly client = createS3Client(REQUEST_TIMEOUT_MS);
  /** Separate connections for uploads and copies: they never make a clinician's record wait for a socket. */
  private readonly bulkClient = createS3Client(BULK_REQUEST_TIMEOUT_MS);
  /** And for streams: each has its connection until its reader, perhaps a slow client, has read everything. */
  private readonly streamClient = createS3Client(REQUEST_TIMEOUT_MS);
  private readonly uploader = new S3Uploader(this.client, this.bulkClient);
  private readonly bucket: string;
  private readonly prefix: string;

  /** @param location its prefix has no leading or trailing slash; it may be empty */
  constructor(location: { bucket: string; prefix: string }) {
    this.bucket = location.bucket;
    this.prefix = location.prefix === '' ? '' : `${location.prefix}/`;
    this.url = `s3://${location.bucket}/${location.prefix}`;
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<{ size: number }> {
    const target = this.target(key);
    try {
      const { size } = await this.uploader.send(target, body, options);
      return { size };
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      if (!isUnknownUpload(error.cause) || !(await this.matchesStored(key, error.digest)))
        throw toStoreError(error.cause);
      return { size: error.digest.size };
    }
  }

  async putWithMarker(key: string, body: Uint8Array, marker: string, options: PutOptions = {}): Promise<void> {
    await allSettledOrThrow([
      this.put(key, body, options),
      this.put(marker, new Uint8Array(), { signal: options.signal }),
    ]);
  }

  async copy(from: string, to: string): Promise<void> {
    const target = this.target(to);
    const source = await this.headObject(from);
    if (source === undefined) throw new ObjectNotFoundError(from);
    if (
      (source.ContentLength ?? 0) <= MAX_COPY_BYTES &&
      (await copyWithinBucket(this.bulkClient, this.prefix + from, target))
    )
      return;
    const body = await this.getStream(from);
    // put may fail before it reads the source, so close it here.
    await this.put(to, body, { contentType: source.ContentType }).finally(() => body.destroy());
  }

  async putOnce(key: string, body: ObjectBody, options: PutOptions = {}): Promise<'created' | 'exists'> {
    const target = { ...this.target(key), IfNoneMatch: '*' };
    try {
      await this.uploader.send(target, body, options);
      return 'created';
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      if (!isConflict(error.cause) && !isUnknownUpload(error.cause)) throw toStoreError(error.cause);
      if (!(await this.matchesStored(key, error.digest))) throw new ObjectMismatchError(key);
      return 'exists';
    }
  }

  async get(key: string, buffer?: Buffer, maxBytes?: number): Promise<Buffer> {
    return this.readBuffer(key, undefined, buffer, maxBytes);
  }

  async getWithTime(key: string, maxBytes?: number): Promise<TimedObject> {
    return this.readWithRetry(
      key,
      undefined,
      async (stream, modifiedAt) => ({ body: await readAll(stream), modifiedAt }),
      maxBytes,
    );
  }

  async getRange(key: string, range: ByteRange, buffer?: Buffer): Promise<Buffer> {
    return this.readBuffer(key, range, buffer);
  }

  async getStream(key: string, range?: ByteRange): Promise<Readable> {
    return (await this.openBody(this.streamClient, key, range)).stream;
  }

  private async openBody(
    client: S3Client,
    key: string,
    range?: ByteRange,
    maxBytes = Infinity,
  ): Promise<{ stream: Readable; modifiedAt: Date }> {
    const { Body, ContentLength = 0, LastModified = new Date(0) } = await this.request(client, key, range);
    if (ContentLength > maxBytes) (Body as Readable).destroy();
    assertSize(key, ContentLength, maxBytes);
    if (range && ContentLength !== range.end - range.start) {
      (Body as Readable).destroy(); // S3 truncates a range at the object's end and reports success
      throw new ObjectRangeError(key, range);
    }
    return { stream: completeBody(Body as Readable, ContentLength), modifiedAt: LastModified };
  }

  async pipeTo(key: string, target: Writable, range?: ByteRange): Promise<void> {
    await writeChunks(await this.getStream(key, range), target);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const found = await this.headObject(key);
    return (
      found && { key, size: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0), etag: found.ETag }
    );
  }

  async list(options: ListOptions): Promise<ListPage> {
    checkPrefix(options.prefix);
    const command = new ListObjectsV2Command({
      Bucket: this.bucket,
      Prefix: this.prefix + options.prefix,
      Delimiter: options.delimiter,
      StartAfter:
        options.startAfter === undefined ? undefined : this.prefix + afterPrefixGroup(options, options.startAfter),
      MaxKeys: pageLimit(options.limit),
    });
    return this.toPage(await mapS3Errors(() => this.client.send(command)));
  }

  async delete(key: string): Promise<void> {
    await mapS3Errors(async () => this.client.send(new DeleteObjectCommand(this.target(key))));
  }

  async deletePrefix(prefix: string): Promise<number> {
    checkFolder(prefix);
    let deleted = 0;
    for (let more = true; more;) {
      const { objects, truncated } = await this.list({ prefix });
      await this.deleteAll(objects);
      deleted += objects.length;
      more = truncated;
    }
    return deleted;
  }

  async presignGet(key: string, options: { expiresSeconds: number; downloadName: string }): Promise<string> {
    const command = new GetObjectCommand({
      ...this.target(key),
      ResponseContentDisposition: contentDisposition(options.downloadName),
    });
    return mapS3Errors(() => getSignedUrl(this.client, command, { expiresIn: options.expiresSeconds }));
  }

  async checkWritable(): Promise<void> {
    await mapS3Errors(() => this.client.send(new HeadBucketCommand({ Bucket: this.bucket })));
  }

  probe(): Promise<StoreFinding[]> {
    return probeS3(this, this.client, (key) => this.target(key));
  }

  /** Nothing to prepare: the SDK connects on demand. */
  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.client.destroy();
    this.bulkClient.destroy();
    this.streamClient.destroy();
  }

  private target(key: string): { Bucket: string; Key: string } {
    checkKey(key);
    return { Bucket: this.bucket, Key: this.prefix + key };
  }

  private async request(client: S3Client, key: string, range?: ByteRange): Promise<GetObjectCommandOutput> {
    if (range) checkRange(key, range);
    const Range = range && `bytes=${range.start}-${range.end - 1}`;
    const command = new GetObjectCommand({ ...this.target(key), Range });
    return client
      .send(command)
      .catch(async (error: unknown) => Promise.reject(await this.confine(key, toReadError(error, key, range))));
  }

  private confine(key: string, error: unknown): Promise<unknown> {
    return confineToObject(key, error, () => this.checkWritable());
  }

  private readBuffer(key: string, range?: ByteRange, buffer?: Buffer, maxBytes?: number): Promise<Buffer> {
    return this.readWithRetry(key, range, (body) => readAll(body, buffer), maxBytes);
  }

  /** Retries an interrupted body, because the SDK retries only the request. */
  private async readWithRetry<T>(
    key: string,
    range: ByteRange | undefined,
    read: (stream: Readable, modifiedAt: Date) => Promise<T>,
    maxBytes?: number,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const { stream, modifiedAt } = await this.openBody(this.client, key, range, maxBytes);
      try {
        return await read(stream, modifiedAt);
      } catch (error) {
        if (attempt === GET_ATTEMPTS) throw error;
      }
    }
  }

  private async headObject(key: string): Promise<HeadObjectCommandOutput | undefined> {
    try {
      return await this.client.send(new HeadObjectCommand(this.target(key)));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw await this.confine(key, toStoreError(error));
    }
  }

  /** Compares the sent bytes with the stored object. @throws StoreUnavailableError when there is no object */
  private async matchesStored(key: string, digest: BodyDigest): Promise<boolean> {
    const stored = await this.headObject(key);
    if (!stored) throw new StoreUnavailableError(`a concurrent write of ${key} failed; try again`);
    if (stored.ContentLength !== digest.size) return false;
    const sha256 = stored.Metadata?.[SHA256_FIELD] ?? (await this.readWithRetry(key, undefined, sha256Of));
    return sha256 === digest.sha256;
  }

  private toPage(output: ListObjectsV2CommandOutput): ListPage {
    const keyOf = (stored = '') => stored.slice(this.prefix.length);
    const { Contents = [], CommonPrefixes = [] } = output;
    return {
      objects: Contents.map(({ Key, Size = 0, LastModified = new Date(0), ETag }) => ({
        key: keyOf(Key),
        size: Size,
        modifiedAt: LastModified,
        etag: ETag,
      })),
      prefixes: CommonPrefixes.map(({ Prefix }) => keyOf(Prefix)),
      truncated: output.IsTruncated ?? false,
    };
  }

  private async deleteAll(objects: ObjectInfo[]): Promise<void> {
    if (objects.length === 0) return;
    const Objects = objects.map(({ key }) => ({ Key: this.prefix + key }));
    const command = new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects, Quiet: true } });
    const { Errors = [] } = await mapS3Errors(() => this.client.send(command));
    if (Errors.length > 0)
      throw new StoreUnavailableError(`S3 failed to delete ${Errors.length} objects (${Errors[0]?.Code})`);
  }
}

/** S3 would list a prefix group again for its keys after `startAfter`, so start after the last key the group can hold. */
function afterPrefixGroup({ prefix, delimiter }: ListOptions, startAfter: string): string {
  const slash = delimiter && startAfter.startsWith(prefix) ? startAfter.indexOf(delimiter, prefix.length) : -1;
  return slash === -1 ? startAfter : startAfter.slice(0, slash + 1) + LAST_CHARACTER;
}

async function mapS3Errors<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw toStoreError(error);
  }
}
