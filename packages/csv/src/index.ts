export { cellOffsets, readCells } from './cells';
export type { Delimiter, Dialect, LineEnd } from './dialect';
export { CsvError, type CsvErrorPlace } from './error';
export { headerRecord, readHeader, type Header, type HeaderOptions } from './header';
export { writeRow, type ResultRowOptions } from './result-row';
export { readRows, type RowOptions, type RowTable } from './rows';
export { ShardCutter, type Shard, type ShardOptions } from './shards';
export { ByteWriter } from './writer';
export { addedColumnNames, CHANGE_COLUMNS, ERROR_COLUMNS, RESULT_COLUMNS } from './result-columns';
