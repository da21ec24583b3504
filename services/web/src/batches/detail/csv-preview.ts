/** The first rows of a CSV file. */
export interface CsvPreview {
  columns: string[];
  rows: Record<string, string>[];
  /** Whether these are all rows of the file. */
  isComplete: boolean;
}

/** Parses the response to a range request; drops the row that the range cuts. */
export async function readCsvPreview(response: Response, maxRows: number): Promise<CsvPreview> {
  const { default: papa } = await import('papaparse');
  const text = await response.text();
  const isCut = isRangeCut(response.headers.get('Content-Range'));
  const { data, meta } = papa.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: true,
    preview: maxRows + 1,
  });
  const rows = isCut && data.length <= maxRows ? data.slice(0, -1) : data;
  return { columns: meta.fields ?? [], rows: rows.slice(0, maxRows), isComplete: !isCut && rows.length <= maxRows };
}

/** `bytes 0-99/200` is not the whole file. */
function isRangeCut(contentRange: string | null): boolean {
  const [, last, total] = /^bytes \d+-(\d+)\/(\d+)$/.exec(contentRange ?? '') ?? [];
  return last !== undefined && total !== undefined && Number(last) + 1 < Number(total);
}
