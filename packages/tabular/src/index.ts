export { TabularError } from './error';
export type { Container, ImportReport, ImportWarning, Repair, SkippedRows } from './report';
export type { RandomAccess, RowFault, RowSource, Source, SourceRow, TextSource } from './source';
