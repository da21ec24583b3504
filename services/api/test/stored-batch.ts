import { crc32 } from 'node:zlib';
import {
  type BatchDocument,
  type ModelPin,
  ObjectKeys,
  createId,
  emptyCounts,
  encodeShardObject,
  sealDocument,
  summarize,
} from '@cytoqueue/records';
import type { RunningApi } from './running-api';

export const MODEL = 'wbc-knn@1.0.0';
const COLUMNS = ['id', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6', 'V7', 'V8', 'V9'];
const VALUES = '5,1,1,1,2,?,3,1,1';
export type Kind = 'benign' | 'malignant' | 'indeterminate' | 'unusual' | 'rejected';

const inputRow = (row: number) => `r${row},${VALUES}\n`;
function resultRow(row: number, kind: Kind): string {
  const input = inputRow(row).trimEnd();
  if (kind === 'rejected') return `${input},${row},rejected,,,,,,${MODEL},out-of-range,V1 is wrong\n`;
  const malignant = kind === 'malignant';
  const answer = malignant ? 'malignant,0.98' : 'benign,0.25';
  const reason = { indeterminate: 'grey_zone', unusual: 'grey_zone;unusual_record' }[kind as string] ?? '';
  const outcome = reason === '' ? 'confident' : 'indeterminate';
  return `${input},${row},ok,${answer},${outcome},${reason},bare_nuclei,${MODEL},,\n`;
}

interface Options {
  status?: 'completed_with_errors' | 'canceled';
  failed?: number[];
  absent?: number[];
  /** The histogram of every shard. */
  histogram?: number[];
}

/** The pin of `MODEL`. */
export async function modelPin(store: RunningApi['store']): Promise<ModelPin> {
  const { digest } = JSON.parse((await store.get(ObjectKeys.model('wbc-knn', '1.0.0'))).toString()) as {
    digest: string;
  };
  return { name: 'wbc-knn', version: '1.0.0', digest };
}

/** A finished batch as a worker leaves it; shards can fail, be absent and be many. @param shards the rows of each shard, all shards of one length */
export async function storeBatch(
  api: Pick<RunningApi, 'store' | 'tenant'>,
  shards: Kind[][],
  { status = 'completed_with_errors', failed = [], absent = [], histogram = [] }: Options = {},
) {
  const id = createId('batch_');
  const ranges: BatchDocument['shards'] = [];
  let [row, offset] = [1, 0];
  let input = '';
  for (const [shard, kinds] of shards.entries()) {
    const rows = kinds.map((_, index) => inputRow(row + index)).join('');
    ranges.push({
      offset,
      length: rows.length,
      firstRow: row,
      rows: kinds.length,
      crc32: crc32(Buffer.from(rows)),
    });
    input += rows;
    const count = (kind: Kind) => kinds.filter((each) => each === kind).length;
    const key = ObjectKeys.shard(api.tenant, id, shard, MODEL);
    const indeterminate = count('indeterminate') + count('unusual');
    const counts = {
      ...emptyCounts(),
      succeeded: kinds.length - count('rejected'),
      rejected: count('rejected'),
      benign: count('benign') + indeterminate,
      malignant: count('malignant'),
      indeterminate,
      confident_benign: count('benign'),
      confident_malignant: count('malignant'),
    };
    const firstRow = row;
    const results = Buffer.from(kinds.map((kind, index) => resultRow(firstRow + index, kind)).join(''));
    const none = new Uint8Array();
    if (!failed.includes(shard) && !absent.includes(shard))
      await api.store.put(key, encodeShardObject({ counts, histogram, results, errors: none, changes: none }, { key }));
    row += kinds.length;
    offset += rows.length;
  }
  const batch: BatchDocument = {
    id,
    created_at: new Date().toISOString(),
    filename: null,
    model: await modelPin(api.store),
    options: {
      on_error: 'continue',
      formulas: 'escape',
      operating_point: 'default',
      missing: 'partial',
      explain: false,
    },
    input: {
      bytes: input.length,
      sha256: '0'.repeat(64),
      dialect: { delimiter: ',', lineEnd: '\n', bom: false },
      columns: COLUMNS,
      header_bytes: 0,
    },
    rows: row - 1,
    shards: ranges,
  };
  await api.store.put(ObjectKeys.batchInput(api.tenant, id), Buffer.from(input));
  await api.store.put(ObjectKeys.batchDocument(api.tenant, id), sealDocument(batch));
  const counts = { total: row - 1, pending: 0, succeeded: row - 1, rejected: 0, failed: 0 };
  const summary = summarize(emptyCounts());
  const results = { bytes: 1, sha256: '0'.repeat(64) };
  await api.store.put(
    ObjectKeys.runManifest(api.tenant, id, 1),
    sealDocument({ run: 1, status, counts, summary, results, failed_shards: failed }),
  );
  return id;
}
