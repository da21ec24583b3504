export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

export function formatScore(value: number): string {
  return value.toFixed(4);
}

/** @param share 0 to 1 */
export function formatPercent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
