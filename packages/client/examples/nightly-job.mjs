// Scores a file and saves the results: node nightly-job.mjs FILE FOLDER
// Needs CYTOQUEUE_URL and CYTOQUEUE_API_KEY. Exit status: 0 all scored, 1 failed, 5 some rows not, 6 unlike the training data.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CytoqueueClient } from '@cytoqueue/client';
import { downloadResults, submitFile } from '@cytoqueue/client/node';

const [file, folder] = process.argv.slice(2);
const client = new CytoqueueClient({ url: process.env.CYTOQUEUE_URL, apiKey: process.env.CYTOQUEUE_API_KEY });

await mkdir(folder, { recursive: true });
const { id } = await submitFile(client, file);
const { status, counts, summary, drift } = await client.waitForBatch(id);
if (status === 'failed' || status === 'canceled') {
  console.error(`${id} is ${status}`);
  process.exit(1);
}
await downloadResults(client, id, join(folder, 'results.csv'));
await downloadResults(client, id, join(folder, 'errors.csv'), { file: 'errors' });
console.log(
  `${counts.succeeded} of ${counts.total} rows scored: ${summary.malignant} malignant, ${summary.indeterminate} undecided`,
);
if (drift?.verdict === 'unlike_training') process.exitCode = 6;
else if (status === 'completed_with_errors') process.exitCode = 5;
