export {
  type CanonicalColumns,
  type CanonicalDialect,
  canonicalMatch,
  canonicalNames,
  matchStoredColumns,
  readFault,
} from './canonical';
export { type OpenFileOptions, openFile } from './containers/open-file';
export { bytesAccess } from './containers/random-access';
export { type ThreadOptions, importInThread } from './convert-in-thread';
export { TabularError } from './error';
export { readTextStart } from './first-part';
export { type Import, type ImportOutcome, type ImportStart, openImport } from './import';
export type { Layout } from './layout';
export { type ColumnRoles, Recognizer } from './recognizer';
export {
  ImportLog,
  type Container,
  type ImportReport,
  type ImportWarning,
  type Repair,
  type SkippedRows,
} from './report';
export { RowWatch } from './row-watch';
export type { ColumnSeparator, ImportProfile, ImportSettings } from './settings';
export { FIRST_PART_BYTES, plainReport, sniffPlain } from './sniff';
export type { RandomAccess, RowFault, RowSource, Source, SourceRow, TextSource } from './source';
export { RESULT_FORMATS, type ResultFormat } from './write/result-formats';
export { convertResultsInThread } from './write/convert-results';
export type { ColumnType } from './write/result-table';
