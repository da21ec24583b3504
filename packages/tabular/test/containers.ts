import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZipFile } from 'yazl';
import type { RowFault, SourceRow } from '../src';
import { openFile, type OpenFileOptions } from '../src/containers/open-file';
import { bytesAccess } from '../src/containers/random-access';

/** The table that all files of `written-elsewhere` hold unless their README says something else. */
export const RECORDS = [
  ['id', 'clump_thickness', 'bare_nuclei', 'area_mean', 'seen_on', 'note'],
  ['1000025', '5', '1', '122.8', '2024-03-01', 'Müller & Söhne'],
  ['00012', '10', '', '1001', '2024-03-02', 'two\nlines'],
  ['S-3', '1', '?', '0.1', '2024-12-31', ''],
];

export function writtenElsewhere(name: string): Buffer {
  return readFileSync(join(__dirname, 'written-elsewhere', name));
}

export interface ReadFile {
  container: string;
  sheet: string | null;
  cells: string[][];
  lines: (number | null)[];
  faults: (RowFault | undefined)[];
  warnings: string[];
}

/** All rows of a workbook, of JSON or Parquet. */
export async function readRowsOf(bytes: Uint8Array, options: OpenFileOptions = {}): Promise<ReadFile> {
  const source = await openFile(bytesAccess(bytes), options);
  if (source.kind !== 'rows') throw new Error(`${source.container} holds text`);
  const rows: SourceRow[] = [];
  for await (const row of source.rows) rows.push(row);
  return {
    container: source.container,
    sheet: source.sheet,
    cells: rows.map(({ cells }) => cells),
    lines: rows.map(({ line }) => line),
    faults: rows.map(({ fault }) => fault),
    warnings: source.warnings.map(({ code }) => code),
  };
}

/** All text of a plain or packed CSV file. */
export async function readTextOf(bytes: Uint8Array): Promise<{ container: string; member?: string; text: string }> {
  const { container, member, ...source } = { member: undefined, ...(await openFile(bytesAccess(bytes))) };
  if (source.kind !== 'text') throw new Error(`${container} holds rows`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.bytes) chunks.push(chunk);
  return { container, ...(member !== undefined && { member }), text: Buffer.concat(chunks).toString() };
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

export async function zipOf(
  parts: Record<string, string | Buffer>,
  options: { stored?: boolean; zip64?: boolean } = {},
): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(parts)) {
    if (name.endsWith('/')) zip.addEmptyDirectory(name);
    else
      zip.addBuffer(Buffer.from(content), name, {
        compress: options.stored !== true,
        forceZip64Format: options.zip64 === true,
      });
  }
  zip.end({ comment: '', forceZip64Format: options.zip64 === true });
  return collect(zip.outputStream as AsyncIterable<Buffer>);
}

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** A minimal workbook around the XML of a sheet's rows; `more` adds or replaces parts. */
export function xlsxOf(
  rows: string,
  more: Record<string, string | Buffer> = {},
  options: { stored?: boolean } = {},
): Promise<Buffer> {
  const optional = (type: string, target: string): string =>
    `xl/${type}.xml` in more ? `<Relationship Id="${type}" Type="${OFFICE}/${type}" Target="${target}"/>` : '';
  return zipOf(
    {
      '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
      'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>`,
      'xl/_rels/workbook.xml.rels':
        `<Relationships><Relationship Id="a" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>` +
        `${optional('sharedStrings', '/xl/sharedStrings.xml')}${optional('styles', 'styles.xml')}</Relationships>`,
      'xl/worksheets/sheet1.xml': `<?xml version="1.0"?><worksheet xmlns="${MAIN}"><sheetData>${rows}</sheetData></worksheet>`,
      ...more,
    },
    options,
  );
}

/** A minimal .ods around the XML of its tables. */
export function odsOf(tables: string, more: Record<string, string> = {}): Promise<Buffer> {
  return zipOf({
    mimetype: 'application/vnd.oasis.opendocument.spreadsheet',
    'content.xml':
      '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>' +
      `${tables}</office:spreadsheet></office:body></office:document-content>`,
    ...more,
  });
}
