import { createHash } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ObjectBody, PutOptions } from './object-store';
import { MultipartUpload, PART_BYTES, type Target } from './s3-multipart';
import { PartSource, type Sent } from './s3-part-source';

/** The metadata field that holds the hex SHA-256 of an object that was put as a whole. */
export const SHA256_FIELD = 'sha256';

const SMALL_BYTES = 1024 * 1024;

/** An upload that did not go through, with what can be known of it. */
export class UploadError extends Error {
  constructor(override readonly cause: unknown, readonly sent: Sent) {
    super('the upload failed', { cause });
  }
}

export class S3Uploader {
  /** For the first part of the next stream, which is mostly its last: kept, so that a small upload costs no new memory. */
  private spare: Buffer | undefined;

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
    const client = body.byteLength <= SMALL_BYTES ? this.client : this.bulkClient;
    try {
      await client.send(putCommand(target, body, sent), { abortSignal });
    } catch (error) {
      throw new UploadError(error, sent);
    }
    return sent;
  }

  /** The signal ends the source and not the upload, which then fails as with a broken source and takes its parts back. */
  private async sendStream(target: Target, body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<Sent> {
    const source = new PartSource(body, signal);
    const memory = this.takeSpare();
    let sent: Sent | undefined;
    try {
      const first = await source.fill(memory);
      if (first.last) {
        sent = source.sent();
        await this.bulkClient.send(putCommand(target, first.bytes, sent));
      } else {
        const upload = await MultipartUpload.begin(this.bulkClient, target);
        await upload.send(first, source, target);
      }
      return sent ?? source.sent();
    } catch (error) {
      throw source.failure ?? new UploadError(error, sent ?? source.sent());
    } finally {
      source.stop();
      this.spare = memory;
    }
  }

  private takeSpare(): Buffer {
    const memory = this.spare ?? Buffer.allocUnsafeSlow(PART_BYTES);
    this.spare = undefined;
    return memory;
  }
}

function putCommand(target: Target, Body: Uint8Array, { sha256 }: Sent): PutObjectCommand {
  return new PutObjectCommand({ ...target, Body, Metadata: { [SHA256_FIELD]: sha256 } });
}
