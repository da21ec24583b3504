import { TabularError } from '../error';
import type { ImportWarning } from '../report';
import type { RowFault, RowSource, SourceRow } from '../source';
import { MAX_COLUMNS } from '../settings';
import { numberText, RowWidth } from './cell-text';
import type { ExpansionLimit } from './expansion-limit';
import { chooseSheet, hiddenRowsWarning, type SheetSummary } from './sheet-choice';
import { parseWholeXml, parseXml, type XmlAttributes, type XmlHandler } from './xml';
import type { ZipArchive, ZipMember } from './zip-archive';

interface Table extends SheetSummary {
  hasRows: boolean;
}

/**
 * Reads one sheet of an OpenDocument spreadsheet. All sheets share one part, which is read once to find those with
 * rows.
 */
export async function openOds(
  archive: ZipArchive,
  content: ZipMember,
  limit: ExpansionLimit,
  sheetName?: string,
): Promise<RowSource> {
  const tables: Table[] = [];
  await parseWholeXml(archive.read(content, limit), new OdsHandler({ table: (table) => tables.push(table) }));
  const table = await chooseSheet(tables, sheetName, ({ hasRows }) => hasRows);
  const warnings: ImportWarning[] = [];
  limit.restart();
  return {
    kind: 'rows',
    container: 'ods',
    sheet: table.name,
    rows: readTable(archive.read(content, limit), tables.indexOf(table), limit, warnings),
    warnings,
  };
}

/**
 * Blank rows are no rows; a row that is stored once for several equal ones comes as often as it stands in the sheet.
 */
async function* readTable(
  bytes: AsyncIterable<Uint8Array>,
  wanted: number,
  limit: ExpansionLimit,
  warnings: ImportWarning[],
): AsyncGenerator<SourceRow> {
  let rows: OdsRow[] = [];
  let index = 0;
  const handler = new OdsHandler({ row: (row) => index === wanted && rows.push(row), table: () => index++ });
  const width = new RowWidth();
  let hidden = 0;
  let firstHidden = 0;
  let merged = false;
  for await (const _ of parseXml(bytes, handler)) {
    for (const row of rows) {
      merged ||= row.merged;
      if (row.hidden && (hidden += row.repeated) === row.repeated) firstHidden = row.line;
      const cells = width.pad(row.cells);
      for (let i = 0; i < row.repeated; i++) {
        limit.add(row.textBytes);
        limit.addShortRow(row.textBytes);
        yield { cells: i === 0 ? cells : cells.slice(), line: row.line + i, ...(row.fault && { fault: row.fault }) };
      }
    }
    rows = [];
  }
  if (hidden > 0) warnings.push(hiddenRowsWarning(hidden, firstHidden));
  if (merged)
    warnings.push({
      code: 'merged-cells',
      detail: 'The sheet has merged cells. Only the first cell of each has a value.',
    });
}

interface OdsRow {
  cells: string[];
  line: number;
  repeated: number;
  hidden: boolean;
  merged: boolean;
  fault: RowFault | undefined;
  textBytes: number;
}

/** Reports each filled row and, at the end of each sheet, the sheet. */
class OdsHandler implements XmlHandler {
  private table: Table | undefined;
  private line = 1;
  private row: OdsRow | undefined;
  private cell: XmlAttributes | undefined;
  private paragraphs: string[] = [];
  private inParagraph = false;
  /** Comments, and tables inside of cells, have paragraphs of their own. */
  private skipped = 0;

  constructor(private readonly report: { row?: (row: OdsRow) => void; table: (table: Table) => void }) {}

  open(name: string, attributes: XmlAttributes): void {
    if (this.skipped > 0 || name === 'annotation' || (name === 'table' && this.table !== undefined)) {
      this.skipped++;
      return;
    }
    switch (name) {
      case 'table':
        this.table = {
          name: attributes['table:name'] ?? '',
          hidden: attributes['table:display'] === 'false',
          hasRows: false,
        };
        this.line = 1;
        break;
      case 'table-row': {
        const visibility = attributes['table:visibility'] ?? 'visible';
        this.row = {
          cells: [],
          line: this.line,
          repeated: repetition(attributes, 'rows'),
          hidden: visibility !== 'visible',
          merged: false,
          fault: undefined,
          textBytes: 0,
        };
        break;
      }
      case 'table-cell':
      case 'covered-table-cell':
        this.cell = attributes;
        this.paragraphs = [];
        break;
      case 'p':
        this.inParagraph = this.cell !== undefined;
        if (this.inParagraph) this.paragraphs.push('');
        break;
      case 's':
        this.text(' '.repeat(Math.min(Number(attributes['text:c'] ?? 1) || 1, 1000)));
        break;
      case 'tab':
        this.text('\t');
        break;
      case 'line-break':
        this.text('\n');
        break;
      default:
    }
  }

  text(text: string): void {
    if (this.inParagraph && this.skipped === 0) this.paragraphs[this.paragraphs.length - 1] += text;
  }

  close(name: string): void {
    if (this.skipped > 0) {
      this.skipped--;
      return;
    }
    if (name === 'p') this.inParagraph = false;
    else if (name === 'table-cell' || name === 'covered-table-cell') this.closeCell();
    else if (name === 'table-row') this.closeRow();
    else if (name === 'table' && this.table !== undefined) {
      this.report.table(this.table);
      this.table = undefined;
    }
  }

  private closeCell(): void {
    const { row, cell } = this;
    this.cell = undefined;
    if (row === undefined || cell === undefined) return;
    if (Number(cell['table:number-columns-spanned'] ?? 1) > 1 || Number(cell['table:number-rows-spanned'] ?? 1) > 1)
      row.merged = true;
    const text = this.cellText(cell, row);
    const repeated = repetition(cell, 'columns');
    // Blank cells up to the last column of the sheet are stored as one; they are only filled in once a value follows.
    if (text === '') {
      row.cells.length += Math.min(repeated, MAX_COLUMNS + 1);
      return;
    }
    if (row.cells.length + repeated > MAX_COLUMNS) {
      throw new TabularError(
        'too-many-columns',
        `Row ${row.line} of the sheet has a value beyond column ${MAX_COLUMNS}.`,
        { line: row.line },
      );
    }
    for (let i = 0; i < repeated; i++) row.cells.push(text);
    row.textBytes += text.length * repeated;
  }

  private closeRow(): void {
    const { row } = this;
    this.row = undefined;
    if (row === undefined) return;
    this.line += row.repeated;
    if (row.textBytes === 0 && row.fault === undefined) return;
    if (this.table !== undefined) this.table.hasRows = true;
    row.cells.length = Math.min(row.cells.length, MAX_COLUMNS);
    row.cells = Array.from(row.cells, (cell) => cell ?? '');
    while (row.cells.at(-1) === '') row.cells.pop();
    row.textBytes += row.cells.length;
    this.report.row?.(row);
  }

  private cellText(cell: XmlAttributes, row: OdsRow): string {
    const shown = this.paragraphs.join('\n');
    const type = cell['office:value-type'];
    if (cell['table:formula'] !== undefined && type === undefined && shown === '') {
      row.fault ??= {
        code: 'formula-without-value',
        detail:
          `Row ${row.line} of the sheet has a formula without a stored value. Open the workbook in ` +
          'LibreOffice, save it and send it again.',
      };
      return '';
    }
    switch (type ?? '') {
      case 'float':
      case 'percentage':
      case 'currency':
        return numberText(cell['office:value'] ?? shown);
      case 'date':
        return cell['office:date-value'] ?? shown;
      case 'time':
        return clockTime(cell['office:time-value'] ?? '') ?? shown;
      case 'boolean':
        return cell['office:boolean-value'] === 'true' ? 'TRUE' : 'FALSE';
      default:
        return shown === '' ? (cell['office:string-value'] ?? '') : shown;
    }
  }
}

function repetition(attributes: XmlAttributes, of: 'rows' | 'columns'): number {
  const repeated = Number(attributes[`table:number-${of}-repeated`] ?? 1);
  if (!(Number.isInteger(repeated) && repeated >= 1 && repeated <= 2 ** 24))
    throw new Error(`${of} repeated ${repeated} times`);
  return repeated;
}

/** `PT08H30M00S` → `08:30:00`. */
function clockTime(duration: string): string | undefined {
  const match = /^PT(\d+)H(\d+)M(\d+)/.exec(duration);
  return match === null
    ? undefined
    : match
        .slice(1)
        .map((part) => part.padStart(2, '0'))
        .join(':');
}
