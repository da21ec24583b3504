/*
 * The canonical form of a file: UTF-8 CSV whose rows are the rows of the results. Each row has the file's own cells
 * unchanged, then hidden columns for the worker: one value per feature of the schema, the physical line, and the error
 * of a row that must not be scored. So a shard contains everything that its rows need; results omit the hidden columns.
 */
import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { ByteWriter, type Delimiter, type LineEnd } from '@cytoqueue/csv';
import { type HeaderMatch, type Schema, matchHeader } from '@cytoqueue/schema';
import type { CanonicalRow } from './rows';
import type { RowFault } from './source';

export interface CanonicalDialect {
  delimiter: Delimiter;
  lineEnd: LineEnd;
  bom: false;
}

/** Positions of the columns of a canonical file. */
export interface CanonicalColumns {
  /** The file's own columns, those of a result. */
  visible: string[];
  /** Feature index → its column in the canonical file, for the reader of the rows. */
  features: number[];
  /** Feature index → the file's own column, -1 if none was recognised. Stored in batch.json. */
  sources: number[];
  id: number | null;
  label: number | null;
  line: number;
  fault: number;
}

/** Not a value of any feature, so that the fast reader leaves the row to the cell parser, which reads the error. */
const NO_VALUE = '!';
const QUOTE = 34;
const BLOCK_BYTES = 64 * 1024;
const LINE_COLUMN = 'cytoqueue.line';
const FAULT_COLUMN = 'cytoqueue.fault';

export function canonicalColumns(
  visible: string[],
  roles: { features: number[]; id: number; label: number },
): CanonicalColumns {
  const width = visible.length;
  const place = (column: number) => (column < 0 ? null : column);
  return {
    visible,
    features: roles.features.map((_, feature) => width + feature),
    sources: roles.features,
    id: place(roles.id),
    label: place(roles.label),
    line: width + roles.features.length,
    fault: width + roles.features.length + 1,
  };
}

/** Names of all columns. A hidden value has the name of the file's own column, which errors then name. */
export function canonicalNames({ visible, sources }: CanonicalColumns, { features }: Schema): string[] {
  return [
    ...visible,
    ...features.map(({ name }, feature) => visible[sources[feature] ?? -1] ?? name),
    LINE_COLUMN,
    FAULT_COLUMN,
  ];
}

/** Column match with which a reader of canonical rows reads their hidden values. */
export function canonicalMatch(columns: CanonicalColumns, schema: Schema): HeaderMatch {
  return {
    columns: canonicalNames(columns, schema),
    featureColumns: Int32Array.from(columns.features),
    textColumns: columns.sources,
    matchedBy: columns.features.map(() => 'name'),
    labelColumn: columns.label ?? undefined,
    idColumn: columns.id ?? undefined,
  };
}

/** The plain header that was matched last: the shards of a batch share theirs, and matching takes 0.1 ms. */
let latest: { readonly names: string; readonly schema: Schema; readonly match: HeaderMatch } | undefined;

/** Column match with which the stored rows of a batch are read: those of a canonical file, or of plain CSV. */
export function matchStoredColumns(
  { columns, canonical }: { readonly columns: string[]; readonly canonical?: Omit<CanonicalColumns, 'visible'> },
  schema: Schema,
): HeaderMatch {
  if (canonical !== undefined) return canonicalMatch({ visible: columns, ...canonical }, schema);
  const names = JSON.stringify(columns);
  if (latest?.schema !== schema || latest.names !== names)
    latest = { names, schema, match: matchHeader(columns, schema) };
  return latest.match;
}

/** Parses the error in a row's last cell; undefined when it is empty. */
export function readFault(cell: string): RowFault | undefined {
  if (cell === '') return undefined;
  const end = cell.indexOf(' ');
  return { code: cell.slice(0, end), detail: cell.slice(end + 1) };
}

/** Writes canonical rows in blocks and counts them. */
export class CanonicalWriter {
  private readonly writer = new ByteWriter(2 * BLOCK_BYTES);
  private readonly hash = createHash('sha256');
  private readonly noValues: string;

  constructor(
    private readonly dialect: CanonicalDialect,
    columns: CanonicalColumns,
  ) {
    this.noValues = `${dialect.delimiter}${NO_VALUE}`.repeat(columns.features.length);
  }

  header(names: readonly string[]): void {
    this.cells(names);
    this.writer.ascii(this.dialect.lineEnd);
  }

  row({ cells, raw, values, line, fault }: CanonicalRow): void {
    const { delimiter, lineEnd } = this.dialect;
    const { writer } = this;
    if (raw === undefined) this.cells(cells);
    else writer.bytes(raw);
    if (fault === undefined && raw !== undefined && isAscii(raw) && !raw.includes(QUOTE)) {
      // Cells of an unquoted row, and their values, never need quotes.
      writer.ascii(delimiter + values.join(delimiter));
    } else if (fault === undefined) {
      for (const value of values) {
        writer.ascii(delimiter);
        writer.cell(value, delimiter);
      }
    } else {
      writer.ascii(this.noValues);
    }
    writer.ascii(delimiter);
    if (line !== null) writer.integer(line);
    writer.ascii(delimiter);
    if (fault !== undefined) writer.cell(`${fault.code} ${fault.detail}`, delimiter);
    writer.ascii(lineEnd);
  }

  get isFull(): boolean {
    return this.writer.length >= BLOCK_BYTES;
  }

  /** Returns the bytes written since the last call. */
  take(): Uint8Array {
    const block = this.writer.toBytes();
    this.writer.reset();
    this.hash.update(block);
    return block;
  }

  digest(): string {
    return this.hash.digest('hex');
  }

  private cells(cells: readonly string[]): void {
    const { delimiter } = this.dialect;
    // A blank line would not be read as a row.
    if (cells.length === 1 && cells[0] === '') return this.writer.ascii('""');
    cells.forEach((cell, index) => {
      if (index > 0) this.writer.ascii(delimiter);
      this.writer.cell(cell, delimiter);
    });
  }
}
