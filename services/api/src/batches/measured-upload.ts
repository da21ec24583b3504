import { createHash } from 'node:crypto';
import type { Problem } from '../http/problem';
import { quotaExceeded } from '../tenants/storage-quota';
import { type UploadLimits, uploadTooLarge } from './upload-inspector';

/** Counts and hashes the bytes of an upload while they pass, for callers that do not read its rows yet. */
export class MeasuredUpload {
  /** Error of these checks, for the caller: the store that reads the generator wraps it. */
  failure: unknown;
  bytes = 0;
  private readonly hash = createHash('sha256');

  constructor(private readonly limits: Pick<UploadLimits, 'maxUploadBytes' | 'remainingBytes'>) {}

  async *measureWhileStreaming(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { maxUploadBytes, remainingBytes = Number.POSITIVE_INFINITY } = this.limits;
    for await (const chunk of source) {
      this.bytes += chunk.length;
      if (this.bytes > maxUploadBytes) this.refuse(uploadTooLarge(maxUploadBytes));
      if (this.bytes > remainingBytes) this.refuse(quotaExceeded(remainingBytes));
      this.hash.update(chunk);
      yield chunk;
    }
  }

  /** Hex SHA-256; call once, after the last byte. */
  sha256(): string {
    return this.hash.digest('hex');
  }

  private refuse(problem: Problem): never {
    this.failure = problem;
    throw problem;
  }
}
