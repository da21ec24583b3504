import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { noConditionalWrites, probeObjects } from '../probe-objects';
import type { ObjectStore } from '../object-store';
import { createS3Client } from './s3-client';
import { isConflict, toStoreError } from './s3-errors';
import { MultipartUpload, type Target } from './multipart-upload';
import { PartReader } from './part-reader';
import { type StoreFinding, statusOf } from '../store-finding';

const REQUEST_TIMEOUT_MS = 5_000;
/** Statuses that S3 servers return for unknown headers. */
const UNSUPPORTED_STATUSES = new Set([400, 411, 501, 503]);

type ObjectTarget = Target & { Bucket: string; Key: string };

/** Runs the common probe and a conditional multipart upload, and detects servers that refuse the SDK's checksums. */
export async function probeS3(
  store: ObjectStore,
  client: S3Client,
  targetOf: (key: string) => ObjectTarget,
): Promise<StoreFinding[]> {
  let probed: ObjectTarget | undefined;
  const findings = await probeObjects(store, (key) => {
    probed = targetOf(key);
    return [['write once in parts', () => probeMultipart(client, targetOf(key))]];
  });
  const unreachable = findings.find(({ reason }) => reason === 'unreachable');
  if (unreachable === undefined || probed === undefined || !(await isRefusedByChecksum(client, probed, unreachable)))
    return findings;
  return [
    {
      reason: 'no-checksums',
      kind: 'unsuitable',
      detail: "the server refuses writes with the AWS SDK's default checksums and accepts them without",
      remedy: 'set AWS_REQUEST_CHECKSUM_CALCULATION=when_required and AWS_RESPONSE_CHECKSUM_VALIDATION=when_required',
      cause: unreachable.cause,
    },
  ];
}

/** Completes a one-part upload onto an existing object, which the server must refuse. */
async function probeMultipart(client: S3Client, target: Target): Promise<StoreFinding | undefined> {
  try {
    const upload = await MultipartUpload.begin(client, target);
    await upload.send({ bytes: Buffer.from('part'), last: true }, new PartReader([], undefined), {
      ...target,
      IfNoneMatch: '*',
    });
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw toStoreError(error);
  }
  return noConditionalWrites('CompleteMultipartUpload');
}

async function isRefusedByChecksum(client: S3Client, target: ObjectTarget, { cause }: StoreFinding): Promise<boolean> {
  if (!UNSUPPORTED_STATUSES.has(statusOf((cause as Error).cause) ?? 0)) return false;
  if ((await client.config.requestChecksumCalculation()) !== 'WHEN_SUPPORTED') return false;
  const clientWithoutChecksums = createS3Client(REQUEST_TIMEOUT_MS, { requestChecksumCalculation: 'WHEN_REQUIRED' });
  try {
    await clientWithoutChecksums.send(new PutObjectCommand({ ...target, Body: Buffer.from('probe') }));
    await clientWithoutChecksums.send(new DeleteObjectCommand(target));
    return true;
  } catch {
    return false;
  } finally {
    clientWithoutChecksums.destroy();
  }
}
