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

export const PART_BYTES = 5 * 1024 * 1024; // the least S3 takes; of at most 10,000 parts, so of 48 GiB
const PART_CONCURRENCY = 2; // one of them perhaps still being filled

export type Target = Omit<PutObjectCommandInput, 'Body'>;

/**
 * One object in parts, whose memory is used again: as many pieces as parts are at once, however large the object. (The SDK's
 * own `Upload` gathers each part from copies, which pile up, for the garbage collector does not see how large they are.)
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
   * Sends the first part, whose memory serves for others as well, and all that follow. Takes them back when it fails.
   * @throws the error of S3 or of the source, once no request is under way any more
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
      // The source may stand still: the loop must not wait for it when it is over anyway.
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

  /** Once no part is under way any more: it would be stored after it. What went wrong before is what counts. */
  private async abort(): Promise<void> {
    await Promise.allSettled(this.inFlight);
    await this.client.send(new AbortMultipartUploadCommand(this.destination)).catch(() => undefined);
  }
}
