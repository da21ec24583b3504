import type { Dialect } from '@cytoqueue/csv';
import type { CanonicalColumns } from '@cytoqueue/tabular';
import type { LoadedModel } from '@cytoqueue/registry';
import { type BatchDocument, type BatchOptions, type OperatingPointName, shardAt } from '@cytoqueue/records';

/** A model's file, already checked against the pinned digest, under which a thread keeps it loaded. */
export interface TaskModel {
  digest: string;
  bytes: Uint8Array;
}

/**
 * Input of a scoring thread for one shard. Everything but the shard's `bytes` is small (a model file has tens of KiB or
 * more).
 */
export interface ShardTask {
  /** Key under which the object will be stored; the object contains it. */
  key?: string;
  /** The shard's byte range of the input; moved to the thread, not copied. */
  bytes: Uint8Array;
  /** How many rows the bytes hold, for the size of the output memory. */
  rows: number;
  /** Number in the file (1-based) of the shard's first row. */
  firstRow: number;
  /** Physical line of the first row; absent for batches of earlier releases. */
  firstLine?: number;
  dialect: Dialect;
  /** Names of the columns that results show. */
  columns: string[];
  /** The rows are those of a canonical file, whose values lie in hidden columns. */
  canonical?: Omit<CanonicalColumns, 'visible'>;
  /** The errors file gets row and line numbers. Batches of releases without import reports keep the old error columns. */
  addsRowAndLineToErrors?: boolean;
  options: Pick<BatchOptions, 'formulas' | 'operating_point' | 'missing' | 'explain'>;
  model: TaskModel;
  /** The model of the batch that is rescored, at that batch's operating point. */
  comparedModel?: { model: TaskModel; operatingPoint: OperatingPointName };
}

export function createShardTask(
  key: string,
  batch: BatchDocument,
  shard: number,
  bytes: Uint8Array,
  model: LoadedModel,
  comparedModel?: LoadedModel,
): ShardTask {
  const { dialect, columns, canonical } = batch.input;
  const { rows, firstRow, firstLine } = shardAt(batch, shard);
  return {
    key,
    bytes,
    rows,
    firstRow,
    firstLine,
    canonical,
    addsRowAndLineToErrors: batch.import !== undefined,
    dialect,
    columns,
    options: batch.options,
    model: taskModel(model),
    comparedModel: comparedModel &&
      batch.rescores && { model: taskModel(comparedModel), operatingPoint: batch.rescores.operating_point },
  };
}

function taskModel({ model, bytes }: LoadedModel): TaskModel {
  return { digest: model.digest, bytes };
}
