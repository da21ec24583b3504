import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { sourceOf } from './body-source';
import type { ObjectBody, PutOptions } from './object-store';

/** The metadata field that holds the hex SHA-256 of an object that was put as a whole. */
export const SHA256_FIELD = 'sha256';

const SMALL_BYTES = 1024 * 1024;
const PART_BYTES = 5 * 1024 * 1024; // the least S3 takes; of at most 10,000 parts, so of 48 GiB
const PARTS_AT_ONCE = 2; // with the part being filled, some 20 MiB in memory whatever the object's size

/** What was sent, to be held against what is stored. */
export interface Sent { size: number; sha256: string }

/** An upload that did not go through, with what can be known of it. */
export class UploadError extends Error {
  constructor(override readonly cause: unknown, readonly sent: Sent) {
    super('the upload failed', { cause });
  }
}

type Target = Omit<PutObjectCommandInput, 'Body'>;

export class S3Uploader {
  /** @param client gives up soon, for clinicians wait on it. @param bulkClient has time enough to send a part. */
  constructor(private readonly client: S3Client, private readonly bulkClient: S3Client) {}

  /**
   * Sends the body to the target, and resolves when it is stored.
   * @throws UploadError for an error of S3; an error of the source or the signal as it is.
   */
  async send(target: Target, body: ObjectBody, options: PutOptions): Promise<Sent> {
    options.signal?.throwIfAborted();
    const headers = { ...target, ContentType: options.contentType };
    if (!(body instanceof Uint8Array)) return this.sendStream(headers, body, options.signal);
    return body.byteLength <= PART_BYTES ? this.sendBytes(headers, body, options.signal) : this.sendStream(headers, [body], options.signal);
  }

  private async sendBytes(target: Target, body: Uint8Array, abortSignal: AbortSignal | undefined): Promise<Sent> {
    const sent = { size: body.byteLength, sha256: createHash('sha256').update(body).digest('hex') };
    const command = new PutObjectCommand({ ...target, Body: body, Metadata: { [SHA256_FIELD]: sent.sha256 } });
    const client = body.byteLength <= SMALL_BYTES ? this.client : this.bulkClient;
    try {
      await client.send(command, { abortSignal });
    } catch (error) {
      throw new UploadError(error, sent);
    }
    return sent;
  }

  /**
   * The signal ends the source and not the upload: the upload then fails as with a broken source, once the parts under way
   * are through, and takes them back. (`Upload.abort` returns before that, and leaves them.)
   */
  private async sendStream(target: Target, body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<Sent> {
    const source = new MeteredSource(body, signal);
    // One chunk ahead; sixteen, as by default, are 8 MiB and more beside the parts.
    const params = { ...target, Body: Readable.from(source.chunks(), { highWaterMark: 1 }) };
    try {
      await new Upload({ client: this.bulkClient, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
    } catch (error) {
      throw source.failure ?? new UploadError(error, source.sent());
    }
    return source.sent();
  }
}

async function* copies(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

/** Measures a stream as it passes, and keeps its failure apart from the failures of those who read it. */
class MeteredSource {
  failure: unknown;
  private readonly source: AsyncIterable<Uint8Array>;
  private readonly hash = createHash('sha256');
  private size = 0;

  constructor(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
    // Parts are filled from several chunks, which by then a generator may have written over.
    this.source = sourceOf(body instanceof Readable ? body : copies(body), signal);
  }

  /** Chunks as they come; ends with the source's own error. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.source) {
        this.hash.update(chunk);
        this.size += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  /** Of all that has passed; to be asked once, at the end. */
  sent(): Sent {
    return { size: this.size, sha256: this.hash.digest('hex') };
  }
}
