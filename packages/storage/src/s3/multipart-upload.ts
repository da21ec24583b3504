import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type CompletedPart,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Part, PartReader } from './part-reader';

export const PART_BYTES = 5 * 1024 * 1024; // S3's minimum; at most 10,000 parts allow 48 GiB
const PART_CONCURRENCY = 2; // while one part is sent, the next is filled

export type Target = Omit<PutObjectCommandInput, 'Body'>;

/**
 * Uploads one object in parts with reused buffers: one per concurrent part, however large the object. (The SDK's own `Upload`
 * copies each part into new buffers, which accumulate, because the garbage collector does not see their size.)
 */
export class MultipartUpload {
  private readonly freeBuffers: Buffer[] = [];
  private readonly inFlight: Promise<CompletedPart>[] = [];

  private constructor(
    private readonly client: S3Client,
    private readonly destination: { Bucket: string | undefined; Key: string | undefined; UploadId: string | undefined },
  ) {}

  static async begin(client: S3Client, { Bucket, Key, ContentType }: Target): Promise<MultipartUpload> {
    const ChecksumAlgorithm =
      (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED' ? 'CRC32' : undefined;
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ContentType, ChecksumAlgorithm }),
    );
    return new MultipartUpload(client, { Bucket, Key, UploadId });
  }

  /**
   * Sends the first part, whose buffer is reused, and all following parts. Aborts the upload when a request or the source fails.
   * @throws the error of S3 or of the source, after all running requests have ended
   */
  async send(first: Part, source: PartReader, { IfNoneMatch }: Target): Promise<void> {
    try {
      const Parts = await this.sendParts(first, source);
      await this.client.send(
        new CompleteMultipartUploadCommand({ ...this.destination, IfNoneMatch, MultipartUpload: { Parts } }),
      );
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  private async sendParts(first: Part, source: PartReader): Promise<CompletedPart[]> {
    for (let part = first; ; part = await source.fill(this.freeBuffers.pop() ?? Buffer.allocUnsafeSlow(PART_BYTES))) {
      const sent = this.sendPart(part.bytes, this.inFlight.length + 1);
      // The source may hang; stop it, so that the loop ends at once after a failed part.
      sent.catch((error: Error) => source.stop(error));
      this.inFlight.push(sent);
      if (part.last) return Promise.all(this.inFlight);
      await this.inFlight.at(-PART_CONCURRENCY);
    }
  }

  private async sendPart(bytes: Buffer, PartNumber: number): Promise<CompletedPart> {
    const { ETag, ChecksumCRC32 } = await this.client.send(
      new UploadPartCommand({ ...this.destination, PartNumber, Body: bytes }),
    );
    this.freeBuffers.push(Buffer.from(bytes.buffer));
    return { PartNumber, ETag, ChecksumCRC32 };
  }

  /**
   * Waits for the parts being sent first, because S3 would keep a part that arrives after the abort. Ignores failures, so that the
   * first error is thrown.
   */
  private async abort(): Promise<void> {
    await Promise.allSettled(this.inFlight);
    await this.client.send(new AbortMultipartUploadCommand(this.destination)).catch(() => undefined);
  }
}
