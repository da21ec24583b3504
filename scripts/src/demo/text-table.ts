/** Formats a table; numbers are aligned right, words left. */
export function textTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => String(line[column]).length)));
  const numeric = header.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const format = (line: readonly (string | number)[]): string =>
    line
      .map((cell, column) => pad(String(cell), widths[column] ?? 0, numeric[column] === true))
      .join('  ')
      .trimEnd();
  return lines.map(format).join('\n');
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}
