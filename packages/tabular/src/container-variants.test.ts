import { gzipSync } from 'node:zlib';
import { wbc } from '@cytoqueue/schema';
import { odsOf, xlsxOf, zipOf } from '../test/containers';
import { type Imported, FEATURES, HEADER, OTHER, ROW, importSource, lines } from '../test/imported';
import { openFile } from './containers/open-file';
import { bytesAccess } from './containers/random-access';

async function importFile(bytes: Uint8Array): Promise<Imported> {
  return importSource(await openFile(bytesAccess(bytes)), { schema: wbc });
}

const CSV = lines(HEADER, ROW, OTHER);

function record(cells: readonly string[], more: object = {}): string {
  return JSON.stringify({ ...Object.fromEntries(HEADER.map((name, index) => [name, cells[index]])), ...more });
}

function sheetRows(...rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => `<c t="inlineStr"><is><t>${text}</t></is></c>`;
  return rows.map((cells) => `<row>${cells.map(cell).join('')}</row>`).join('');
}

function table(...rows: readonly (readonly string[])[]): string {
  const cell = (text: string) =>
    `<table:table-cell office:value-type="string"><text:p>${text}</text:p></table:table-cell>`;
  const padding = '<table:table-cell table:number-columns-repeated="1013"/>';
  return (
    '<table:table table:name="T">' +
    rows.map((cells) => `<table:table-row>${cells.map(cell).join('')}${padding}</table:table-row>`).join('') +
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row></table:table>'
  );
}

const uncalculated = '<row><c><f>A2</f></c><c><f>B2</f></c></row>';

/** Files in containers as labs pack them; each holds the patients P1 and P2, and rejects the rows named last. */
const variants: readonly [name: string, file: () => Buffer | Promise<Buffer>, faults?: readonly string[]][] = [
  ['gzip of several members', () => Buffer.concat([gzipSync(CSV.slice(0, 40)), gzipSync(CSV.slice(40))])],
  ['gzip padded with zeros', () => Buffer.concat([gzipSync(CSV), Buffer.alloc(512)])],
  ['gzip of UTF-16', () => gzipSync(Buffer.from(`\uFEFF${CSV.replaceAll(',', '\t')}`, 'utf16le'))],
  ['gzip of JSON Lines', () => gzipSync([record(ROW), record(OTHER)].join('\n'))],
  ['a zip with a folder', () => zipOf({ 'data/': '', 'data/Prüfung.csv': CSV })],
  ['a zip made by macOS', () => zipOf({ 'lab.csv': CSV, '__MACOSX/': '', '__MACOSX/._lab.csv': '\0\x05\x16\x07' })],
  ['a zip with .DS_Store', () => zipOf({ 'x/.DS_Store': '\0\0\0\x01Bud1', 'x/lab.csv': CSV })],
  ['JSON Lines with records in other orders', () => Buffer.from(`${record(ROW)}\n${record(OTHER, { note: 'x' })}\n`)],
  ['JSON Lines that break off', () => Buffer.from(`${record(ROW)}\n${record(OTHER)}\n{"id":"P3","mit`), ['not-json']],
  ['a list among the records', () => Buffer.from(`${record(ROW)}\n${record(OTHER)}\n{"id":[7]}`), ['nested-value']],
  ['a number among the records', () => Buffer.from(`[${record(ROW)},7,${record(OTHER)}]`), ['no-record']],
  ['a workbook of texts below a title', () => xlsxOf(sheetRows(['Cytology list'], [], HEADER, ROW, OTHER))],
  [
    'a workbook with a row of formulas that were not calculated',
    () => xlsxOf(sheetRows(HEADER, ROW, OTHER) + uncalculated),
    ['formula-without-value'],
  ],
  [
    'a workbook with a row of sums',
    () => xlsxOf(sheetRows(HEADER, ROW, OTHER, ['Total', ...FEATURES.map(() => '13')])),
    ['not-a-record'],
  ],
  ['an .ods filled with blank cells', () => odsOf(table(HEADER, ROW, OTHER))],
];

test.each(variants)('%s', async (_, file, faults = []) => {
  const { read } = await importFile(await file());
  const scored = read.filter(({ fault }) => fault === undefined);
  expect(scored.map(({ values }) => values)).toEqual([ROW.slice(1), OTHER.slice(1)]);
  expect(scored.map(({ cells }) => cells[0])).toEqual(['P1', 'P2']);
  expect(read.flatMap(({ fault }) => fault?.code ?? [])).toEqual(faults);
});
