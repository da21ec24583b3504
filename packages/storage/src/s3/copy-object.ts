import { CopyObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** One call of S3 copies no more. */
export const MAX_COPY_BYTES = 5 * 1024 ** 3;

/** Copies within the bucket. False when S3 does not, such as for a key or a policy that allows reading and writing only. */
export async function copyWithinBucket(
  client: S3Client,
  from: string,
  target: { Bucket: string; Key: string },
): Promise<boolean> {
  const CopySource = [target.Bucket, ...from.split('/')].map(encodeURIComponent).join('/');
  try {
    await client.send(new CopyObjectCommand({ ...target, CopySource }));
    return true;
  } catch {
    return false;
  }
}
