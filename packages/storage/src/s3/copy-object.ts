import { CopyObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** S3's limit for one copy call. */
export const MAX_COPY_BYTES = 5 * 1024 ** 3;

/** Copies within the bucket. Returns false when the request fails, for example because the server does not support copying. */
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
