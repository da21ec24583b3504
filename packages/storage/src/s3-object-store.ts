import type { Readable, Writable } from 'node:stream';
import {
  DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, ListObjectsV2Command,
  type GetObjectCommandOutput, type HeadObjectCommandOutput, type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { ObjectMismatchError, ObjectNotFoundError, ObjectRangeError, StoreUnavailableError } from './errors';
import { checkFolder, checkKey, checkPrefix, checkRange, pageLimit } from './key-rules';
import type { ByteRange, ListOptions, ListPage, ObjectBody, ObjectInfo, ObjectStore, PutOptions } from './object-store';
import { collect, digest, wholeBody } from './s3-body';
import { createS3Client } from './s3-client';
import { copyWithinBucket, MAX_COPY_BYTES } from './s3-copy';
import { contentDisposition } from './s3-content-disposition';
import { isAbsent, isConflict, isUnknownUpload, toReadError, toStoreError } from './s3-errors';
import { sendChunks } from './send-chunks';
import type { Sent } from './s3-part-source';
import { probeS3 } from './s3-probe';
import { S3Uploader, SHA256_FIELD, UploadError } from './s3-upload';
import { settleAll } from './settle-all';
import type { StoreFinding } from './store-finding';
import { confineToObject } from './unreadable';

const REQUEST_TIMEOUT_MS = 5_000;
const BULK_REQUEST_TIMEOUT_MS = 60_000;
const GET_ATTEMPTS = 3;
const LAST_CHARACTER = '\u{10ffff}';

/**
 * Objects in an S3 bucket, or in one of any server that speaks S3 and its conditional writes.
 *
 * Write-once is `If-None-Match: *`, on the completion of a multipart upload too. When a retry inside the SDK meets its own
 * first attempt, whose answer was lost, it is told that the object exists, and the checksums agree: that is a success.
 */
export class S3ObjectStore implements ObjectStore {
  readonly url: string;
  private readonly client = createS3Client(REQUEST_TIMEOUT_MS);
  /** Its own connections, so that uploads of labs never keep a clinician's record waiting for a socket. */
  private readonly bulkClient = createS3Client(BULK_REQUEST_TIMEOUT_MS);
  private readonly uploader = new S3Uploader(this.client, this.bulkClient);
  private readonly bucket: string;
  private readonly prefix: string;

  /** @param place the prefix without slashes around it, or empty. */
  constructor(place: { bucket: string; prefix: string }) {
    this.bucket = place.bucket;
    this.prefix = place.prefix === '' ? '' : `${place.prefix}/`;
    this.url = `s3://${place.bucket}/${place.prefix}`;
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<{ size: number }> {
    const target = this.target(key);
    try {
      const { size } = await this.uploader.send(target, body, options);
      return { size };
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      if (!isUnknownUpload(error.cause) || !(await this.holds(key, error.sent))) throw toStoreError(error.cause);
      return { size: error.sent.size };
    }
  }

  async putMarked(key: string, body: Uint8Array, marker: string, options: PutOptions = {}): Promise<void> {
    await settleAll([this.put(key, body, options), this.put(marker, new Uint8Array(), { signal: options.signal })]);
  }

  async copy(from: string, to: string): Promise<void> {
    const target = this.target(to);
    const source = await this.headObject(from);
    if (source === undefined) throw new ObjectNotFoundError(from);
    if ((source.ContentLength ?? 0) <= MAX_COPY_BYTES && (await copyWithinBucket(this.bulkClient, this.prefix + from, target))) return;
    const body = await this.getStream(from);
    // Closes the source also when the write fails before it reads.
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
      if (!(await this.holds(key, error.sent))) throw new ObjectMismatchError(key);
      return 'exists';
    }
  }

  /** Bodies are read again when they break off, as the SDK repeats the requests but not the reading. */
  async get(key: string, into?: Buffer): Promise<Buffer> {
    return this.getWhole(key, undefined, into);
  }

  async getRange(key: string, range: ByteRange, into?: Buffer): Promise<Buffer> {
    return this.getWhole(key, range, into);
  }

  async getStream(key: string, range?: ByteRange): Promise<Readable> {
    const { Body, ContentLength = 0 } = await this.request(key, range);
    if (range && ContentLength !== range.end - range.start) {
      (Body as Readable).destroy(); // S3 cuts a range off at the object's end and calls it a success
      throw new ObjectRangeError(key, range);
    }
    return wholeBody(Body as Readable, ContentLength);
  }

  async sendTo(key: string, target: Writable, range?: ByteRange): Promise<void> {
    await sendChunks(await this.getStream(key, range), target);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const found = await this.headObject(key);
    return found && { key, size: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0), etag: found.ETag };
  }

  async list(options: ListOptions): Promise<ListPage> {
    checkPrefix(options.prefix);
    const command = new ListObjectsV2Command({
      Bucket: this.bucket,
      Prefix: this.prefix + options.prefix,
      Delimiter: options.delimiter,
      StartAfter: options.startAfter === undefined ? undefined : this.prefix + behindGroup(options, options.startAfter),
      MaxKeys: pageLimit(options.limit),
    });
    return this.toPage(await calling(() => this.client.send(command)));
  }

  async delete(key: string): Promise<void> {
    await calling(async () => this.client.send(new DeleteObjectCommand(this.target(key))));
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
    return calling(() => getSignedUrl(this.client, command, { expiresIn: options.expiresSeconds }));
  }

  async check(): Promise<void> {
    await calling(() => this.client.send(new HeadBucketCommand({ Bucket: this.bucket })));
  }

  probe(): Promise<StoreFinding[]> {
    return probeS3(this, this.client, (key) => this.target(key));
  }

  /** Connections are made when they are needed. */
  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.client.destroy();
    this.bulkClient.destroy();
  }

  private target(key: string): { Bucket: string; Key: string } {
    checkKey(key);
    return { Bucket: this.bucket, Key: this.prefix + key };
  }

  private async request(key: string, range?: ByteRange): Promise<GetObjectCommandOutput> {
    if (range) checkRange(key, range);
    const Range = range && `bytes=${range.start}-${range.end - 1}`;
    const command = new GetObjectCommand({ ...this.target(key), Range });
    return this.client.send(command).catch(async (error: unknown) => Promise.reject(await this.confine(key, toReadError(error, key, range))));
  }

  private confine(key: string, error: unknown): Promise<unknown> {
    return confineToObject(key, error, () => this.check());
  }

  private getWhole(key: string, range?: ByteRange, into?: Buffer): Promise<Buffer> {
    return this.readWhole(key, range, (body) => collect(body, into));
  }

  /** A body that breaks off is asked for anew. */
  private async readWhole<T>(key: string, range: ByteRange | undefined, read: (body: Readable) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const body = await this.getStream(key, range);
      try {
        return await read(body);
      } catch (error) {
        if (attempt === GET_ATTEMPTS) throw error;
      }
    }
  }

  private async headObject(key: string): Promise<HeadObjectCommandOutput | undefined> {
    try {
      return await this.client.send(new HeadObjectCommand(this.target(key)));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw await this.confine(key, toStoreError(error));
    }
  }

  /** Whether the bytes that were sent are the ones stored; false for others. */
  private async holds(key: string, sent: Sent): Promise<boolean> {
    const stored = await this.headObject(key);
    if (!stored) throw new StoreUnavailableError(`another write of ${key} was under way and came to nothing`);
    if (stored.ContentLength !== sent.size) return false;
    const sha256 = stored.Metadata?.[SHA256_FIELD] ?? (await this.readWhole(key, undefined, digest));
    return sha256 === sent.sha256;
  }

  private toPage(output: ListObjectsV2CommandOutput): ListPage {
    const keyOf = (stored = '') => stored.slice(this.prefix.length);
    const { Contents = [], CommonPrefixes = [] } = output;
    return {
      objects: Contents.map(({ Key, Size = 0, LastModified = new Date(0), ETag }) => ({ key: keyOf(Key), size: Size, modifiedAt: LastModified, etag: ETag })),
      prefixes: CommonPrefixes.map(({ Prefix }) => keyOf(Prefix)),
      truncated: output.IsTruncated ?? false,
    };
  }

  private async deleteAll(objects: ObjectInfo[]): Promise<void> {
    if (objects.length === 0) return;
    const Objects = objects.map(({ key }) => ({ Key: this.prefix + key }));
    const command = new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects, Quiet: true } });
    const { Errors = [] } = await calling(() => this.client.send(command));
    if (Errors.length > 0) throw new StoreUnavailableError(`S3 did not delete ${Errors.length} objects (${Errors[0]?.Code})`);
  }
}

/** S3 would list a group again for the keys in it that are behind `startAfter`; so start behind all it can hold. */
function behindGroup({ prefix, delimiter }: ListOptions, startAfter: string): string {
  const slash = delimiter && startAfter.startsWith(prefix) ? startAfter.indexOf(delimiter, prefix.length) : -1;
  return slash === -1 ? startAfter : startAfter.slice(0, slash + 1) + LAST_CHARACTER;
}

async function calling<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw toStoreError(error);
  }
}
