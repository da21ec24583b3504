import { TabularError } from '../../error';
import type { ImportWarning } from '../../report';
import type { RowFault, SourceRow } from '../../source';
import { MAX_COLUMNS } from '../../settings';
import { numberText, RowWidth } from '../cell-text';
import { hiddenRowsWarning } from '../sheet-choice';
import { columnLetters } from '../../column-letters';
import { parseXml, type XmlAttributes, type XmlHandler } from '../xml';
import { isoDate, type DateStyles } from './number-formats';
import { unescapeText, type SharedStrings } from './shared-strings';

export interface SheetContext {
  strings: SharedStrings | undefined;
  styles: DateStyles | undefined;
  since1904: boolean;
  /**
   * The writer left the formulas to be calculated on opening: their stored results may be out of date, or 0
   * throughout.
   */
  recalculates: boolean;
  warnings: ImportWarning[];
}

/**
 * The rows of one sheet with their numbers. Rows that the sheet does not store, as blank ones often are not, are no
 * rows.
 */
export async function* readSheet(bytes: AsyncIterable<Uint8Array>, context: SheetContext): AsyncGenerator<SourceRow> {
  const handler = new SheetHandler(context);
  for await (const _ of parseXml(bytes, handler)) yield* handler.takeRows();
  handler.addWarnings();
}

class SheetHandler implements XmlHandler {
  private rows: SourceRow[] = [];
  private cells: string[] = [];
  private line = 0;
  private fault: RowFault | undefined;
  private column = -1;
  private cell: XmlAttributes = {};
  private hasFormula = false;
  private value: string | undefined;
  private capturing = false;
  private inPhonetic = false;
  private readonly width = new RowWidth();
  private hiddenRows = 0;
  private firstHidden = 0;
  private firstFormula = '';
  private readonly merged: string[] = [];
  private mergedCount = 0;

  constructor(private readonly context: SheetContext) {}

  takeRows(): SourceRow[] {
    const rows = this.rows;
    this.rows = [];
    return rows;
  }

  open(name: string, attributes: XmlAttributes): void {
    switch (name) {
      case 'c':
        this.openCell(attributes);
        break;
      case 'v':
      case 't':
        this.capturing = !this.inPhonetic;
        this.value ??= '';
        break;
      case 'f':
        this.hasFormula = true;
        break;
      case 'rPh':
        this.inPhonetic = true;
        break;
      case 'row':
        this.openRow(attributes);
        break;
      case 'mergeCell':
        this.mergedCount++;
        if (this.merged.length < 3) this.merged.push(attributes['ref'] ?? '');
        break;
      default:
    }
  }

  text(text: string): void {
    if (this.capturing) this.value = `${this.value ?? ''}${text}`;
  }

  close(name: string): void {
    switch (name) {
      case 'v':
      case 't':
        this.capturing = false;
        break;
      case 'rPh':
        this.inPhonetic = false;
        break;
      case 'c':
        this.closeCell();
        break;
      case 'row':
        this.rows.push({
          cells: this.width.pad(this.cells),
          line: this.line,
          ...(this.fault && { fault: this.fault }),
        });
        break;
      default:
    }
  }

  addWarnings(): void {
    if (this.context.recalculates && this.firstFormula !== '') {
      this.context.warnings.push({
        code: 'formulas-not-calculated',
        detail:
          `The program that wrote the workbook left its formulas, such as that in ${this.firstFormula}, to be ` +
          'calculated on opening: their stored ' +
          'results may be out of date. Open the workbook in Excel or LibreOffice, save it and send it again.',
      });
    }
    if (this.hiddenRows > 0) this.context.warnings.push(hiddenRowsWarning(this.hiddenRows, this.firstHidden));
    if (this.mergedCount > 0) {
      this.context.warnings.push({
        code: 'merged-cells',
        detail:
          'The sheet has merged cells ' +
          `(${this.merged.join(', ')}${this.mergedCount > this.merged.length ? ', …' : ''}). Only the first cell ` +
          'of each has a value.',
      });
    }
  }

  private openRow(attributes: XmlAttributes): void {
    const line = attributes['r'] === undefined ? this.line + 1 : Number(attributes['r']);
    if (!(line > this.line && line <= Number.MAX_SAFE_INTEGER)) throw new Error('row numbers do not increase');
    this.line = line;
    this.cells = [];
    this.column = -1;
    this.fault = undefined;
    if (attributes['hidden'] === '1' || attributes['hidden'] === 'true') {
      if (this.hiddenRows++ === 0) this.firstHidden = line;
    }
  }

  private openCell(attributes: XmlAttributes): void {
    const reference = attributes['r'];
    this.column = reference === undefined ? this.column + 1 : columnIndex(reference);
    this.cell = attributes;
    this.value = undefined;
    this.hasFormula = false;
  }

  private closeCell(): void {
    const text = this.cellText();
    if (text === '') return;
    if (this.column >= MAX_COLUMNS) {
      throw new TabularError(
        'too-many-columns',
        `Row ${this.line} of the sheet has a value beyond column ${MAX_COLUMNS}.`,
        { line: this.line },
      );
    }
    while (this.cells.length < this.column) this.cells.push('');
    this.cells[this.column] = text;
  }

  private cellText(): string {
    const { value } = this;
    const type = this.cell['t'] ?? '';
    if (this.hasFormula && (value === undefined || (value === '' && type !== 'str'))) {
      this.fault ??= {
        code: 'formula-without-value',
        detail:
          `Cell ${columnLetters(this.column)}${this.line} has a formula without a stored value. Open the ` +
          'workbook in Excel or LibreOffice, save it and send it again.',
      };
      return '';
    }
    if (value === undefined) return '';
    if (this.hasFormula && this.firstFormula === '') this.firstFormula = `${columnLetters(this.column)}${this.line}`;
    switch (type) {
      case 's':
        return this.sharedText(value);
      case 'str':
      case 'inlineStr':
        return unescapeText(value);
      case 'b':
        return value === '1' || value === 'true' ? 'TRUE' : 'FALSE';
      case 'e':
      case 'd':
        return value;
      default:
        return this.numericText(value);
    }
  }

  private sharedText(index: string): string {
    const text = this.context.strings?.get(Number(index));
    if (text === undefined) throw new Error(`no shared string ${index}`);
    return text;
  }

  private numericText(value: string): string {
    if (!this.context.styles?.isDate(this.cell['s'])) return numberText(value);
    return isoDate(Number(value), this.context.since1904) ?? numberText(value);
  }
}

function columnIndex(reference: string): number {
  let index = 0;
  for (let i = 0; i < reference.length; i++) {
    const letter = reference.charCodeAt(i) & ~0x20;
    if (letter < 65 || letter > 90) break;
    index = index * 26 + letter - 64;
  }
  if (index < 1 || index > 16_384) throw new Error(`no cell reference: ${reference.slice(0, 20)}`);
  return index - 1;
}
