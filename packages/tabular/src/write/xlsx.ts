import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { columnLetters } from '../column-letters';
import { TabularError } from '../error';
import { cellXml } from './xlsx-cell';
import type { ResultTable } from './result-table';

/** Row limit of an Excel sheet, without its header. */
const MAX_XLSX_ROWS = 1_048_575;
const CHUNK_CHARS = 64 * 1024;
/** Fixed, so that the same rows give the same bytes. */
const OPTIONS = { mtime: new Date(Date.UTC(2000, 0, 1)), forceDosTimestamp: true, compressionLevel: 3 };

/** @throws TabularError `too-many-rows`; called before the first byte of the response. */
export function assertXlsxRows(rows: number): void {
  if (rows <= MAX_XLSX_ROWS) return;
  throw new TabularError(
    'too-many-rows',
    `A sheet holds at most ${MAX_XLSX_ROWS} rows below its header, and these are ${rows}. Choose format=csv, ` +
      'jsonl or parquet.',
  );
}

/** A workbook of one sheet with a header that stays in view, compressed while its rows are read. */
export async function* writeXlsx(table: ResultTable): AsyncGenerator<Uint8Array> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(PARTS)) zip.addBuffer(Buffer.from(HEAD + content), name, OPTIONS);
  const sheet = Readable.from(sheetXml(table), { objectMode: false });
  zip.addReadStream(sheet, 'xl/worksheets/sheet1.xml', OPTIONS);
  zip.end();
  const output = zip.outputStream as Readable;
  // yazl does not propagate errors of its inputs.
  sheet.on('error', (error) => output.destroy(error));
  try {
    yield* output as AsyncIterable<Uint8Array>;
  } finally {
    sheet.destroy();
  }
}

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE_RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const RELATIONS = 'http://schemas.openxmlformats.org/package/2006/relationships';
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const PARTS = {
  '[Content_Types].xml':
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">' +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    `<Override PartName="/xl/workbook.xml" ContentType="${TYPES}.sheet.main+xml"/>` +
    `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPES}.worksheet+xml"/></Types>`,
  '_rels/.rels': `<Relationships xmlns="${RELATIONS}"><Relationship Id="rId1" Type="${OFFICE_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE_RELATIONS}"><sheets><sheet name="results" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${RELATIONS}"><Relationship Id="rId1" Type="${OFFICE_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
};

async function* sheetXml({ columns, rows }: ResultTable): AsyncGenerator<Buffer> {
  let text =
    `${HEAD}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" ` +
    'topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' +
    '</sheetView></sheetViews><sheetData>';
  const letters = columns.map((_, index) => columnLetters(index));
  let line = 1;
  text += rowXml(
    line,
    letters,
    columns.map(({ name }) => cellXml(name, 'identifier')),
  );
  for await (const cells of rows) {
    assertXlsxRows(line);
    line++;
    text += rowXml(
      line,
      letters,
      columns.map(({ type }, index) => cellXml(cells[index] ?? '', type)),
    );
    if (text.length < CHUNK_CHARS) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(`${text}</sheetData></worksheet>`);
}

/** @param contents of each cell: attributes and children, '' for a blank one */
function rowXml(line: number, letters: readonly string[], contents: readonly string[]): string {
  let row = `<row r="${line}">`;
  for (let i = 0; i < contents.length; i++)
    if (contents[i] !== '') row += `<c r="${letters[i]}${line}"${contents[i]}</c>`;
  return `${row}</row>`;
}
