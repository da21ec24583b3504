import { createHash } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ObjectBody, PutOptions } from '../object-store';
import { MultipartUpload, PART_BYTES, type Target } from './multipart-upload';
import { PartReader, type BodyDigest } from './part-reader';

/** The metadata field that holds the hex SHA-256 of an object that was put as a whole. */
export const SHA256_FIELD = 'sha256';

const MAX_SMALL_BYTES = 1024 * 1024;

/** An upload that did not go through, with what can be known of it. */
export class UploadError extends Error {
  constructor(
    override readonly cause: unknown,
    readonly digest: BodyDigest,
  ) {
    super('the upload failed', { cause });
  }
}

export class S3Uploader {
  /** For the first part of the next stream, which is mostly its last: kept, so that a small upload costs no new memory. */
  private freeBuffer: Buffer | undefined;

  /** @param client gives up soon, for clinicians wait on it. @param bulkClient has time enough to send a part. */
  constructor(
    private readonly client: S3Client,
    private readonly bulkClient: S3Client,
  ) {}

  /**
   * Sends the body to the target, and resolves when it is stored.
   * @throws UploadError for an error of S3; an error of the source or the signal as it is.
   */
  async send(target: Target, body: ObjectBody, options: PutOptions): Promise<BodyDigest> {
    options.signal?.throwIfAborted();
    const headers = { ...target, ContentType: options.contentType };
    if (!(body instanceof Uint8Array)) return this.sendStream(headers, body, options.signal);
    return body.byteLength <= PART_BYTES
      ? this.sendBytes(headers, body, options.signal)
      : this.sendStream(headers, [body], options.signal);
  }

  private async sendBytes(target: Target, body: Uint8Array, abortSignal: AbortSignal | undefined): Promise<BodyDigest> {
    const digest = { size: body.byteLength, sha256: createHash('sha256').update(body).digest('hex') };
    const client = body.byteLength <= MAX_SMALL_BYTES ? this.client : this.bulkClient;
    try {
      await client.send(putCommand(target, body, digest), { abortSignal });
    } catch (error) {
      throw new UploadError(error, digest);
    }
    return digest;
  }

  /** The signal ends the source and not the upload, which then fails as with a broken source and takes its parts back. */
  private async sendStream(
    target: Target,
    body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<BodyDigest> {
    const source = new PartReader(body, signal);
    const buffer = this.acquireBuffer();
    let digest: BodyDigest | undefined;
    try {
      const first = await source.fill(buffer);
      if (first.last) {
        digest = source.digest();
        await this.bulkClient.send(putCommand(target, first.bytes, digest));
      } else {
        const upload = await MultipartUpload.begin(this.bulkClient, target);
        await upload.send(first, source, target);
      }
      return digest ?? source.digest();
    } catch (error) {
      throw source.sourceError ?? new UploadError(error, digest ?? source.digest());
    } finally {
      source.stop();
      this.freeBuffer = buffer;
    }
  }

  private acquireBuffer(): Buffer {
    const buffer = this.freeBuffer ?? Buffer.allocUnsafeSlow(PART_BYTES);
    this.freeBuffer = undefined;
    return buffer;
  }
}

function putCommand(target: Target, Body: Uint8Array, { sha256 }: BodyDigest): PutObjectCommand {
  return new PutObjectCommand({ ...target, Body, Metadata: { [SHA256_FIELD]: sha256 } });
}
