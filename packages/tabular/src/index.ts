export { type CanonicalColumns, type CanonicalDialect, readFault } from './canonical';
export { TabularError } from './error';
export { type Import, type ImportOutcome, type ImportStart, openImport } from './import';
export { type ColumnRoles, Recognizer } from './recognizer';
export type { Container, ImportReport, ImportWarning, Repair, SkippedRows } from './report';
export type { ColumnSeparator, ImportProfile, ImportSettings } from './settings';
export type { RandomAccess, RowFault, RowSource, Source, SourceRow, TextSource } from './source';
