// An AWS Lambda function (Node.js 24) for S3 events: submits each new file of a bucket. Scoring goes on after it has returned.
// Needs CYTOQUEUE_URL and CYTOQUEUE_API_KEY, and the right to read the bucket (s3:GetObject).
import { basename } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CytoqueueClient } from '@cytoqueue/client';

const s3 = new S3Client({ forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined });
const client = new CytoqueueClient({ url: process.env.CYTOQUEUE_URL, apiKey: process.env.CYTOQUEUE_API_KEY });

export async function handler({ Records: records }) {
  const submitted = [];
  for (const { bucket, object } of records.map(({ s3: described }) => described)) {
    const key = decodeURIComponent(object.key.replaceAll('+', ' '));
    const file = { size: object.size, stream: () => readObject(bucket.name, key) };
    // S3 may deliver an event twice: the sequencer names the version of the object.
    const idempotencyKey = `s3-${object.eTag}-${object.sequencer}`;
    submitted.push((await client.uploadBatch(file, { filename: basename(key), idempotencyKey })).id);
  }
  return submitted;
}

/** Opened again for each attempt of the upload. */
async function* readObject(bucket, key) {
  const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  yield* body;
}
