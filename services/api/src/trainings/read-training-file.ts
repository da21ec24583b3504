import { type Dialect, CsvError, WholeRowChunker, parseCells, readRows } from '@cytoqueue/csv';
import {
  checkFolds,
  checkSamples,
  groupById,
  type HeaderMatch,
  type LabelledSample,
  readLabelledRow,
  type Schema,
  type TrainingDataIssue,
} from '@cytoqueue/schema';
import type { TrainingRows } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import { readFault } from '@cytoqueue/tabular';
import type { UploadKeys } from '../batches/store-upload';
import type { UploadSummary } from '../batches/upload-inspector';
import { cpuTimeslices } from '../concurrency/cpu-timeslices';
import { Problem } from '../http/problem';
import { MAX_TRAINING_ROWS, trainingLimit } from './limits';
import type { TrainingParameters } from './parameters';

/** Processed in one go, in about a millisecond. */
const SLICE_BYTES = 16 * 1024;
/** Further errors are only counted. */
const MAX_ISSUES = 100;

export interface LabelledFile extends TrainingRows {
  /** Complete rows of each class. */
  readonly classes: [number, number];
}

/**
 * Reads the complete rows of a stored upload with class and patient, in slices between which the event loop runs other work.
 * @throws Problem 422 with every reason why no model can be trained on the file
 */
export async function readTrainingFile(
  store: ObjectStore,
  keys: UploadKeys,
  upload: UploadSummary,
  { schema, label, group }: TrainingParameters,
  folds: number,
): Promise<LabelledFile> {
  const { header, shards, canonical, bytes, storedColumns } = upload;
  assertColumns(storedColumns, { label, group });
  const match = group === null ? { ...storedColumns, idColumn: undefined } : storedColumns;
  const reader = new LabelledRowReader(header.dialect, match, schema, canonical?.fault);
  const range = { start: shards[0]?.offset ?? header.byteLength, end: canonical?.bytes ?? bytes };
  const stored = await store.getStream(canonical === undefined ? keys.input : keys.canonical, range);
  for await (const chunk of stored as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      await cpuTimeslices.next();
      reader.add(chunk.subarray(at, at + SLICE_BYTES));
    }
  }
  reader.end();
  const { complete, issues, issuesTotal } = reader;
  if (issuesTotal > 0) throw invalidTrainingFile(issues, issuesTotal);
  await cpuTimeslices.next();
  const sampleIssues = checkSamples(complete, schema);
  if (sampleIssues.length > 0) throw invalidTrainingFile(sampleIssues);
  await cpuTimeslices.next();
  const file = toRows(complete, schema);
  const foldIssues = checkFolds(file.classes, file.groups, folds, schema.labels);
  if (foldIssues.length > 0) throw invalidTrainingFile(foldIssues);
  return file;
}

class LabelledRowReader {
  readonly complete: LabelledSample[] = [];
  readonly issues: TrainingDataIssue[] = [];
  issuesTotal = 0;
  private rows = 0;
  private readonly blocks: WholeRowChunker;

  constructor(
    private readonly dialect: Dialect,
    private readonly match: HeaderMatch,
    private readonly schema: Schema,
    private readonly faultColumn: number | undefined,
  ) {
    this.blocks = new WholeRowChunker(dialect);
  }

  add(data: Uint8Array): void {
    this.addBlock(this.blocks.push(data));
  }

  end(): void {
    this.addBlock(this.blocks.end());
  }

  private addBlock(block: Buffer): void {
    if (block.length === 0) return;
    const table = readRows(block, this.dialect, { columns: 1, featureColumns: [], maxValue: 1, missingTokens: [] });
    for (let row = 0; row < table.rows; row++) {
      const read = this.readRow(block.subarray(table.start[row], table.end[row]), ++this.rows);
      if (read === undefined) continue;
      if ('code' in read) {
        this.issuesTotal++;
        if (this.issues.length < MAX_ISSUES) this.issues.push(read);
      } else if (this.complete.push(read) > MAX_TRAINING_ROWS) throw tooManyRows();
    }
  }

  private readRow(bytes: Buffer, row: number): ReturnType<typeof readLabelledRow> {
    try {
      const cells = parseCells(bytes, this.dialect);
      const fault = readFault(cells[this.faultColumn ?? -1] ?? '');
      return fault === undefined ? readLabelledRow(cells, row, this.match, this.schema) : { ...fault, row };
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      return { code: error.code, detail: error.message, row };
    }
  }
}

function toRows(complete: readonly LabelledSample[], { features }: Schema): LabelledFile {
  const samples = new Float64Array(complete.length * features.length);
  complete.forEach(({ sample }, row) => samples.set(sample, row * features.length));
  const labels = Uint8Array.from(complete, ({ label }) => label);
  const positive = labels.reduce((sum, label) => sum + label, 0);
  return {
    rows: complete.length,
    featureCount: features.length,
    samples,
    labels,
    trainingRows: Int32Array.from(complete, ({ trainingRow }) => trainingRow),
    groups: groupById(complete),
    classes: [complete.length - positive, positive],
  };
}

function assertColumns(
  { labelColumn, idColumn }: HeaderMatch,
  { label, group }: Pick<TrainingParameters, 'label' | 'group'>,
): void {
  const named = [
    { field: 'label', column: label, found: labelColumn },
    { field: 'group', column: group, found: idColumn },
  ];
  const issues = named.flatMap(({ field, column, found }) =>
    column === null || found !== undefined
      ? []
      : [{ code: 'missing-column', detail: `${field} names a column that the file does not have: ${column}`, column }],
  );
  if (issues.length > 0) throw invalidTrainingFile(issues);
}

function invalidTrainingFile(errors: (TrainingDataIssue & { column?: string })[], totalErrors?: number): Problem {
  const detail = `No model can be trained on the file: ${totalErrors ?? errors.length} errors.`;
  return new Problem('invalid-training-file', detail, { errors, totalErrors });
}

function tooManyRows(): Problem {
  const rows = MAX_TRAINING_ROWS.toLocaleString('en');
  return trainingLimit('too-many-rows', `A model can be trained on at most ${rows} complete rows; the file has more.`);
}
