import { createHash } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ObjectBody, PutOptions } from '../object-store';
import { MultipartUpload, PART_BYTES, type Target } from './multipart-upload';
import { PartReader, type BodyDigest } from './part-reader';

/** Metadata field with the hex SHA-256 of an object that was sent in one request. */
export const SHA256_FIELD = 'sha256';

const MAX_SMALL_BYTES = 1024 * 1024;

/** An upload that failed, with the digest of the bytes sent. */
export class UploadError extends Error {
  constructor(
    override readonly cause: unknown,
    readonly digest: BodyDigest,
  ) {
    super('the upload failed', { cause });
  }
}

/** Uploads bodies: small ones in one request, larger ones in parts. */
export class S3Uploader {
  /** Buffer for the first part of the next stream. Most streams have one part, so a small upload allocates no memory. */
  private freeBuffer: Buffer | undefined;

  /** @param client for small objects, with a short timeout @param bulkClient with a timeout that suffices for a part */
  constructor(
    private readonly client: S3Client,
    private readonly bulkClient: S3Client,
  ) {}

  /**
   * Sends the body to the target. Resolves when it is stored.
   * @throws UploadError for an error of S3; errors of the source and the signal unchanged
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

  /** The signal destroys the source; the upload then fails as with any source error and is aborted. */
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
