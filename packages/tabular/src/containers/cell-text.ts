/** A number of a workbook in the shortest form that reads back to the same double; anything else unchanged. */
export function numberText(value: string): string {
  if (/^-?(0|[1-9]\d{0,14})$/.test(value)) return value;
  const number = value.trim() === '' ? NaN : Number(value);
  return Number.isFinite(number) ? String(number) : value.trim();
}

/**
 * Pads rows with blank cells to the widest row so far. Workbooks and JSON leave out blank cells at the end of a row,
 * which would otherwise look like a row that is shorter than the header.
 */
export class RowWidth {
  private widest = 0;

  pad(cells: string[]): string[] {
    while (cells.length < this.widest) cells.push('');
    this.widest = cells.length;
    return cells;
  }
}
