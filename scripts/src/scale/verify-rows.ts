import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Batch, CytoqueueClient } from '@cytoqueue/client';
import { checkResults } from '../bench/batch/check-results';
import { shippedModel } from '../bench/classifier/models';

/**
 * Checks that every row of every batch is in its results once and in order: compares the first results with the input
 * and the reference's predictions row by row, and all others with the first. @returns the rows. @throws Error otherwise
 */
export async function verifyRows(
  client: CytoqueueClient,
  batches: readonly Batch[],
  input: string,
  folder: string,
): Promise<number> {
  const output = join(folder, 'results.csv');
  const digests = new Set<string>();
  let rows = 0;
  for (const { id, status, counts } of batches) {
    if (status !== 'succeeded' || counts.succeeded !== counts.total)
      throw new Error(`batch ${id} ended as ${status} with ${counts.succeeded} of ${counts.total} rows scored`);
    digests.add(await download(client, id, output));
    if (digests.size > 1)
      throw new Error(`the result of batch ${id} has other bytes than those before it, of the same input`);
    if (rows === 0) await checkResults(input, output, shippedModel('wbc-knn'));
    rows += counts.total;
  }
  await rm(output);
  return rows;
}

async function download(client: CytoqueueClient, id: string, file: string): Promise<string> {
  const { body } = await client.download(id, 'results');
  if (body === null) throw new Error(`the result of batch ${id} has no body`);
  const hash = createHash('sha256');
  const digest = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), digest, createWriteStream(file));
  return hash.digest('hex');
}
