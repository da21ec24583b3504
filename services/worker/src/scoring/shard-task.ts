import type { Dialect } from '@cytoqueue/csv';
import type { LoadedModel } from '@cytoqueue/registry';
import type { BatchOptions, BatchRecord, OperatingPointName } from '@cytoqueue/storage';

/** A model's file, already checked against the pinned digest, under which a thread keeps it loaded. */
export interface TaskModel {
  digest: string;
  bytes: Uint8Array;
}

/** What a scoring thread needs for one shard. Everything but the bytes is small. */
export interface ShardTask {
  /** Under which the object will be stored; the object names it. */
  key?: string;
  /** The shard's byte range of the input; moved to the thread, not copied. */
  bytes: Uint8Array;
  /** 1-based data row of the first row. */
  firstRow: number;
  dialect: Dialect;
  /** The file's column names. */
  columns: string[];
  options: Pick<BatchOptions, 'formulas' | 'operating_point' | 'missing' | 'explain'>;
  model: TaskModel;
  /** Another model to compare with, at its own operating point. */
  previous?: { model: TaskModel; operatingPoint: OperatingPointName };
}

export function createShardTask(key: string, record: BatchRecord, shard: number, bytes: Uint8Array, model: LoadedModel, previous?: LoadedModel): ShardTask {
  const { dialect, columns } = record.input;
  return {
    key,
    bytes,
    firstRow: record.shards[shard].firstRow,
    dialect,
    columns,
    options: record.options,
    model: taskModel(model),
    previous: previous && record.rescores && { model: taskModel(previous), operatingPoint: record.rescores.operating_point },
  };
}

function taskModel({ model, bytes }: LoadedModel): TaskModel {
  return { digest: model.digest, bytes };
}
