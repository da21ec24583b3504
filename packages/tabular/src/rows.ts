import { type Schema, describeCellCount, isNoIdentifier, normalizeName, listCells, plainText } from '@cytoqueue/schema';
import { canonicalNumber, contradictsFormat, looksNumeric } from './cells';
import { ClassCodeCheck } from './class-codes';
import { IdentifierChecks } from './identifiers';
import { type Layout, lacksOnlyUnusedCells } from './layout';
import { isBlank, whyNoRecord } from './records';
import type { Recognizer } from './recognizer';
import type { ImportLog } from './report';
import type { RowFault, SourceRow } from './source';

/** A row of the results. */
export interface CanonicalRow {
  /** As many texts as there are columns, as the source has them. */
  cells: string[];
  /** The source's own bytes of these cells, where nothing about them changed. */
  raw?: Buffer;
  /** One text per feature of the schema, numbers with a decimal point, '' where nothing was measured. */
  values: string[];
  line: number | null;
  /** Why the row is rejected, whatever its cells are. */
  fault?: RowFault;
}

const CTRL_Z = '\x1a';

/** Described when the detail is read: the watch of a plain file needs the code alone. */
class CellCountFault implements RowFault {
  readonly code = 'column-count';

  constructor(
    private readonly cells: string[],
    private readonly columns: number,
  ) {}

  get detail(): string {
    return describeCellCount(this.cells, this.columns);
  }
}

/**
 * Applies "Row rules" of README.md row by row: which rows stay in the results, and which of these no model may score.
 * Only the header in force is remembered from one row to the next.
 */
export class RowRules {
  /** Rows of the results so far. */
  rows = 0;
  private index = -1;
  /** Where a header in another order began. */
  private changed: { row: number; line: number | null } | undefined;
  private readonly missing: ReadonlySet<string>;
  private readonly firstFeature: number;
  /** Values of a row that no model scores. */
  private readonly noValues: { texts: string[]; fault?: RowFault };
  readonly identifiers: IdentifierChecks;
  readonly classCodes: ClassCodeCheck;

  constructor(
    private readonly layout: Layout,
    private readonly recognizer: Recognizer,
    private readonly schema: Schema,
    missing: readonly string[] = [],
    private readonly log: ImportLog,
  ) {
    this.missing = new Set(missing.map((word) => plainText(word).toLowerCase()));
    this.identifiers = new IdentifierChecks(log, schema, layout.columns[layout.roles.id]);
    this.classCodes = new ClassCodeCheck(log, schema, layout.columns[layout.roles.label]);
    if (layout.otherScale !== undefined) log.warn({ code: 'grade-scale', detail: layout.otherScale });
    this.noValues = { texts: schema.features.map(() => '') };
    this.firstFeature = Math.min(...layout.roles.features.filter((column) => column >= 0));
  }

  /** undefined for a row that does not stay in the results. */
  apply(row: SourceRow): CanonicalRow | undefined {
    this.index++;
    const { headerIndex, nonRecordsBelowHeader, columns } = this.layout;
    const { cells, line } = row;
    if (this.index === headerIndex) return undefined;
    // The container found a record here that it could not read: it is rejected, never left out.
    if (row.fault === undefined && isBlank(cells)) return this.skip('empty', row.count);
    if (cells[0] === CTRL_Z && isBlank(cells.slice(1))) return this.skipCtrlZ();
    if (this.index < headerIndex) return this.skip('title');
    const below = nonRecordsBelowHeader.get(this.index);
    if (below === 'second_header')
      this.log.warn({
        code: 'second-header',
        detail: 'A second header row of labels or units was left out.',
        line: line ?? undefined,
      });
    if (below !== undefined) return this.skip(below);
    const mayBeHeader = this.mayBeHeader(cells);
    if (mayBeHeader && this.repeatsHeader(cells)) {
      this.changed = undefined;
      return this.skip('repeated_header');
    }
    this.rows++;
    const fitted = this.fit(cells);
    const fault = row.fault ?? this.faultOf(cells, fitted, line, mayBeHeader);
    this.warnOf(row, fitted ?? cells, fault);
    const shown = fitted ?? columns.map((_, index) => cells[index] ?? '');
    const values = fault === undefined ? this.valuesOf(shown) : this.noValues;
    const raw = fitted === cells ? row.raw : undefined;
    return { cells: shown, raw, values: values.texts, line, fault: fault ?? values.fault };
  }

  private skip(kind: keyof ImportLog['skipped'], count = 1): undefined {
    this.log.skipped[kind] += count;
    return undefined;
  }

  private skipCtrlZ(): undefined {
    this.log.repair('ctrl-z', 'The end-of-file mark of DOS programs (Ctrl-Z) was left out.');
    return undefined;
  }

  /** A quick check that no record passes: headers hold no number in a feature's column. */
  private mayBeHeader(cells: readonly string[]): boolean {
    const cell = cells[this.firstFeature];
    return cell !== undefined && cell !== '' && !looksNumeric(cell);
  }

  private repeatsHeader(cells: readonly string[]): boolean {
    const { columns } = this.layout;
    return (
      columns.every((name, index) => name === (cells[index] ?? '').trim()) &&
      cells.slice(columns.length).every((cell) => cell.trim() === '')
    );
  }

  /** The cells in the header's columns; undefined where it is open which cell belongs to which column. */
  private fit(cells: string[]): string[] | undefined {
    const { columns, surplusCells, shortRows, roles } = this.layout;
    const width = columns.length;
    if (cells.length === width) return cells;
    if (cells.length > width) {
      const allowed = shortRows === 'pad' || cells.length === width + surplusCells;
      return allowed && cells.slice(width).every((cell) => cell.trim() === '') ? cells.slice(0, width) : undefined;
    }
    const fills =
      shortRows === 'pad' || (shortRows === 'dropped' && lacksOnlyUnusedCells(cells, roles, width, this.schema));
    return fills ? Array.from({ length: width }, (_, index) => cells[index] ?? '') : undefined;
  }

  private faultOf(
    cells: string[],
    fitted: string[] | undefined,
    line: number | null,
    mayBeHeader: boolean,
  ): RowFault | undefined {
    if (mayBeHeader && this.recognizer.isHeader(cells)) return this.anotherHeader(cells, line);
    if (this.changed !== undefined) {
      const { row, line: from } = this.changed;
      return {
        code: 'header-changed',
        detail: `row ${row}${from === null ? '' : ` (line ${from})`} is a header in another order, and this row stands below it: ${listCells(cells)}`,
      };
    }
    if (fitted === undefined) return new CellCountFault(cells, this.layout.columns.length);
    const reason = whyNoRecord(fitted, this.layout.roles, this.layout.columns);
    return reason === undefined ? undefined : { code: 'not-a-record', detail: reason };
  }

  private anotherHeader(cells: readonly string[], line: number | null): RowFault {
    const { columns } = this.layout;
    const same =
      cells.length === columns.length &&
      columns.every((column, index) => this.meansTheSame(cells[index] ?? '', column));
    if (same) {
      this.changed = undefined;
      return { code: 'not-a-record', detail: 'the row is the header again, in other words' };
    }
    this.changed = { row: this.rows, line };
    return {
      code: 'header-changed',
      detail: 'the row is a header with other columns or in another order; the rows below it are not scored',
    };
  }

  private meansTheSame(cell: string, column: string): boolean {
    const meaning = this.recognizer.meaning(column);
    return meaning === undefined
      ? normalizeName(cell) === normalizeName(column)
      : this.recognizer.meaning(cell) === meaning;
  }

  private valuesOf(cells: readonly string[]): { texts: string[]; fault?: RowFault } {
    const { roles, numbers, columns } = this.layout;
    let fault: RowFault | undefined;
    const texts = roles.features.map((column) => {
      const cell = cells[column] ?? '';
      if (cell === '' || (this.missing.size > 0 && this.missing.has(plainText(cell).toLowerCase()))) return '';
      if (contradictsFormat(cell, numbers)) {
        fault ??= {
          code: 'not-a-number',
          detail: `${columns[column]}: ${JSON.stringify(cell.trim().slice(0, 40))} has a decimal point in a file of decimal commas`,
        };
      }
      return canonicalNumber(cell, numbers);
    });
    return { texts, fault };
  }

  private warnOf(row: SourceRow, cells: readonly string[], fault: RowFault | undefined): void {
    const place = { row: this.rows, line: row.line ?? undefined };
    const { id, label } = this.layout.roles;
    if (row.lines !== undefined && row.lines > 1) this.warnOfSwallowedRows(cells, row.lines, place);
    else if (row.lines !== undefined && fault?.code === 'column-count') this.warnOfJoinedRows(row.cells, place);
    if (fault !== undefined) return;
    if (label >= 0) this.classCodes.check(cells[label] ?? '', place);
    if (id < 0) return;
    const text = plainText(cells[id] ?? '');
    if (isNoIdentifier(text, this.schema)) {
      this.log.warn({
        code: 'no-identifier',
        detail: text === '' ? 'The row has no identifier.' : `The row has no identifier: its cell holds ${text}.`,
        ...place,
        column: this.layout.columns[id],
      });
      return;
    }
    this.identifiers.checkRounded(text, place);
    if (label >= 0) this.identifiers.compare(text, cells[label] ?? '', place);
  }

  /**
   * A cell whose lines hold about as many delimiters as a row: the closing quote is probably missing, and rows are in
   * the cell.
   */
  private warnOfSwallowedRows(cells: readonly string[], lines: number, place: { row: number; line?: number }): void {
    const least = Math.max(2, Math.floor(this.layout.columns.length / 2));
    const column = cells.findIndex((cell) =>
      cell.split(/[\r\n]+/).some((text, index) => index > 0 && text.split(/[,;\t|]/).length > least),
    );
    if (column < 0) return;
    const detail = `A cell of row ${place.row} spans ${lines} lines that look like rows; its closing quote is probably missing.`;
    this.log.warn({ code: 'quote-spans-rows', detail, ...place, column: this.layout.columns[column] });
  }

  /** A part of the file ends its rows in another way than its first part, so they are one row of many cells here. */
  private warnOfJoinedRows(cells: readonly string[], place: { row: number; line?: number }): void {
    if (cells.length <= this.layout.columns.length || !cells.some((cell) => /[\r\n]/.test(cell))) return;
    const rows = cells
      .join('|')
      .trim()
      .split(/[\r\n]+/).length;
    if (rows === 1) return;
    const detail = `Row ${place.row} holds ${rows} rows, which end by other characters than the rest of the file, and is rejected; write all line ends alike.`;
    this.log.warn({ code: 'joined-rows', detail, ...place });
  }
}
