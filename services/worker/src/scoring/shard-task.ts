import type { Dialect } from '@cytoqueue/csv';
import type { BatchRecord, OperatingPointName } from '@cytoqueue/storage';

/** What a scoring thread needs for one shard. Everything but the bytes is small. */
export interface ShardTask {
  /** The shard's byte range of the input; moved to the thread, not copied. */
  bytes: Uint8Array;
  /** 1-based data row of the first row. */
  firstRow: number;
  dialect: Dialect;
  /** The file's column names. */
  columns: string[];
  formulas: 'escape' | 'keep';
  operatingPoint: OperatingPointName;
  /** The model's file, already checked against the pinned digest, under which the thread keeps it loaded. */
  model: { digest: string; bytes: Uint8Array };
}

export function createShardTask(record: BatchRecord, shard: number, bytes: Uint8Array, modelBytes: Uint8Array): ShardTask {
  const { dialect, columns } = record.input;
  return {
    bytes,
    firstRow: record.shards[shard].firstRow,
    dialect,
    columns,
    formulas: record.options.formulas,
    operatingPoint: record.options.operating_point,
    model: { digest: record.model.digest, bytes: modelBytes },
  };
}
