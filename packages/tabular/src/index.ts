export { TabularError } from './error';
export type { Container, Encoding, ImportReport, ImportWarning, SkippedRows } from './report';
export type { RandomAccess, RowFault, RowSource, Source, SourceRow, TextSource } from './source';
