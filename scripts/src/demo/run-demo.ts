import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type AcceptedPrediction, type Batch, CytoqueueClient, type Prediction } from '@cytoqueue/client';
import { parse } from 'csv-parse/sync';
import { followBatch } from './follow-batch';
import { formatBatch, formatOutcome, formatPrediction } from './report';

const SAMPLE_FILE = resolve(__dirname, '../../../packages/schema/data/wisconsin-original.csv');
const WAIT_SECONDS = 25;

/** An invented borderline record whose nearest cases are of both classes. */
const RECORD = {
  sample_id: 'demo-1',
  features: {
    clump_thickness: 5,
    uniformity_of_cell_size: 4,
    uniformity_of_cell_shape: 4,
    marginal_adhesion: 3,
    single_epithelial_cell_size: 4,
    bare_nuclei: 5,
    bland_chromatin: 4,
    normal_nucleoli: 3,
    mitoses: 1,
  },
};

export interface DemoOptions {
  url: string;
  apiKey: string;
  /** Path of the result file. */
  dataDir: string;
}

/** Uploads a file as a lab would and sends a record as a clinician would. */
export async function runDemo({ url, apiKey, dataDir }: DemoOptions): Promise<void> {
  const client = new CytoqueueClient({ url, apiKey });
  await sendBatch(client, join(dataDir, 'wisconsin-original.results.csv'));
  await sendRecord(client);
}

async function sendBatch(client: CytoqueueClient, resultFile: string): Promise<void> {
  const csv = await readFile(SAMPLE_FILE);
  console.log(`\nA lab sends ${SAMPLE_FILE} (${csv.length} bytes)`);
  const upload = await timed(() => client.uploadBatch(new Blob([csv]), { filename: basename(SAMPLE_FILE) }));
  console.log(`Accepted as ${upload.value.id} after ${upload.ms} ms: from here on it is safe`);
  const scoring = await timed(() => followBatch(client, upload.value.id));
  const download = await timed(() => downloadResults(client, upload.value.id));
  await writeFile(resultFile, download.value, { mode: 0o600 });
  const rows = parse(download.value, { columns: true }) as Record<string, string>[];
  checkComplete(scoring.value, rows.length);
  console.log(formatBatch(scoring.value, rows));
  console.log(formatOutcome(rows));
  console.log(`\nTimings: upload ${upload.ms} ms, queued and scored ${scoring.ms} ms, download ${download.ms} ms`);
  console.log(`Result file: ${resultFile}`);
}

async function sendRecord(client: CytoqueueClient): Promise<void> {
  const { value, ms } = await timed(() => client.predict(RECORD, { waitSeconds: WAIT_SECONDS }));
  if (!hasResult(value)) throw new Error(`prediction ${value.id} is still ${value.status} after ${WAIT_SECONDS} s`);
  console.log(`\nA clinician sends one record and has the answer after ${ms} ms`);
  console.log(formatPrediction(value, value.result));
}

async function downloadResults(client: CytoqueueClient, id: string): Promise<Buffer> {
  return Buffer.from(await (await client.download(id, 'results')).arrayBuffer());
}

function hasResult(
  answer: Prediction | AcceptedPrediction,
): answer is Prediction & Required<Pick<Prediction, 'result'>> {
  return 'result' in answer && answer.result !== undefined;
}

function checkComplete(batch: Batch, resultRows: number): void {
  if (batch.counts.total === resultRows && batch.counts.succeeded === resultRows) return;
  throw new Error(
    `the result has ${resultRows} rows, ${batch.counts.succeeded} of them scored, of ${batch.counts.total} sent`,
  );
}

async function timed<T>(run: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const startedAtMs = performance.now();
  const value = await run();
  return { value, ms: Math.round(performance.now() - startedAtMs) };
}
