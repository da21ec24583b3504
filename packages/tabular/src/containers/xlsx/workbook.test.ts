import { readRowsOf, xlsxOf } from '../../../test/containers';

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';

test('each kind of cell becomes the text that a person reads', async () => {
  const file = await xlsxOf(
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" ' +
      't="inlineStr"><is><r><t>in</t></r><r><t xml:space="preserve">line </t></r><rPh sb="0" ' +
      'eb="1"><t>no</t></rPh></is></c></row>' +
      '<row r="3"><c r="A3"><v>0.1</v></c><c r="B3" t="b"><v>1</v></c><c r="D3" t="e"><v>#N/A</v></c><c r="E3" ' +
      't="str"><f>A1</f><v></v></c><c r="F3"><v>1.0E-2</v></c><c r="G3" t="d"><v>2024-03-01</v></c></row>' +
      '<row><c><v>5.000</v></c><c ' +
      't="inlineStr"><is><t>_x0041_&amp;<![CDATA[<b>]]></t></is></c><c><v>12345678901234567</v></c></row>',
    {
      'xl/sharedStrings.xml': `<sst xmlns="${MAIN}"><si><t>id</t><phoneticPr fontId="1"/></si><si><r><t>two </t></r><r><rPr><b/></rPr><t>runs</t></r><rPh sb="0" eb="1"><t>no</t></rPh></si></sst>`,
    },
  );
  expect(await readRowsOf(file)).toMatchObject({
    lines: [1, 3, 4],
    cells: [
      ['id', 'two runs', 'inline '],
      ['0.1', 'TRUE', '', '#N/A', '', '0.01', '2024-03-01'],
      ['5', 'A&<b>', '12345678901234568', '', '', '', ''],
    ],
  });
});

test('an empty text may be the first of the shared ones', async () => {
  const file = await xlsxOf('<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>', {
    'xl/sharedStrings.xml': `<sst xmlns="${MAIN}"><si><t></t></si><si><t>id</t></si></sst>`,
  });
  expect((await readRowsOf(file)).cells).toEqual([['', 'id']]);
});

test('numbers in a style of dates become ISO texts, all others stay numbers', async () => {
  const formats = [
    'General',
    '0.00',
    'dd/mm/yyyy',
    '[$-409]d\\-mmm;@',
    '"days" 0',
    '[Red]0.0',
    'h:mm',
    'yyyy-mm-dd hh:mm',
    '[h]:mm',
    '0.0_d',
  ];
  const styles =
    `<styleSheet xmlns="${MAIN}"><numFmts>${formats.map((code, i) => `<numFmt numFmtId="${170 + i}" formatCode="${code.replaceAll('"', '&quot;')}"/>`).join('')}</numFmts>` +
    `<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${formats.map((_, i) => `<xf numFmtId="${170 + i}"/>`).join('')}<xf numFmtId="14"/></cellXfs></styleSheet>`;
  const cell = (style: number, value: string) => `<c s="${style}"><v>${value}</v></c>`;
  const file = await xlsxOf(
    `<row>${formats.map((_, i) => cell(i, '45352')).join('')}${cell(10, '45352')}</row>` +
      `<row>${cell(7, '45352.520833333336')}${cell(6, '0.354166666666667')}${cell(2, '59')}${cell(2, '61')}${cell(2, '-1')}${cell(2, '1')}${cell(10, '45352.999999999')}</row>`,
    { 'xl/styles.xml': styles },
  );
  const date = '2024-03-01';
  expect((await readRowsOf(file)).cells).toEqual([
    ['45352', '45352', date, date, '45352', '45352', date, date, date, '45352', date],
    ['2024-03-01T12:30:00', '08:30:00', '1900-02-28', '1900-03-01', '-1', '1900-01-01', '2024-03-02', '', '', '', ''],
  ]);
});

test('names with a prefix and relations of strict files are read', async () => {
  const strict = 'http://purl.oclc.org/ooxml/officeDocument/relationships';
  const file = await xlsxOf('', {
    'xl/workbook.xml': `<x:workbook xmlns:x="m" xmlns:rel="r"><x:workbookPr date1904="true"/><x:sheets><x:sheet name="S" rel:id="a"/></x:sheets></x:workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="a" Type="${strict}/worksheet" Target="/xl/worksheets/other.xml"/></Relationships>`,
    'XL/worksheets/Other.xml':
      '<x:worksheet xmlns:x="m"><x:sheetData><x:row r="7"><x:c ' +
      'r="AB7"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>',
  });
  expect(await readRowsOf(file)).toMatchObject({ lines: [7], cells: [[...''.padEnd(26, ',').split(','), '1']] });
});

test('a part in UTF-16 is read', async () => {
  const xml =
    '<?xml version="1.0" encoding="UTF-16"?><worksheet><sheetData><row r="1"><c ' +
    't="inlineStr"><is><t>Ä</t></is></c></row></sheetData></worksheet>';
  const file = await xlsxOf('', { 'xl/worksheets/sheet1.xml': Buffer.from(`\ufeff${xml}`, 'utf16le') });
  expect((await readRowsOf(file)).cells).toEqual([['Ä']]);
});

test.each([
  ['a value beyond column 1000', '<row r="1"><c r="ALM1"><v>1</v></c></row>', 'too-many-columns'],
  ['rows out of order', '<row r="2"/><row r="1"/>', 'damaged-file'],
  ['a cell without a place', '<row r="1"><c r="1"><v>1</v></c></row>', 'damaged-file'],
  ['an entry that the table of texts has not', '<row r="1"><c r="A1" t="s"><v>3</v></c></row>', 'damaged-file'],
  ['markup that is not well-formed', '<row r="1"><c r="A1"><v>1</c></row>', 'damaged-file'],
  ['an entity of its own', '<row r="1"><c r="A1" t="str"><v>&lol;</v></c></row>', 'damaged-file'],
  ['elements nested without end', '<row>'.repeat(100_000), 'damaged-file'],
  [
    'a text of 20 MiB',
    `<row r="1"><c r="A1" t="str"><v>${'x'.repeat(20 * 1024 * 1024)}</v></c></row>`,
    'text-too-long',
  ],
])('%s is refused', async (_, rows, code) => {
  await expect(readRowsOf(await xlsxOf(rows))).rejects.toMatchObject({ code });
});

test('entities of a document type are not expanded', async () => {
  const bomb =
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet><sheetData><row r="1"><c r="A1" ' +
    't="str"><v>&b;</v></c></row></sheetData></worksheet>';
  await expect(readRowsOf(await xlsxOf('', { 'xl/worksheets/sheet1.xml': bomb }))).rejects.toMatchObject({
    code: 'damaged-file',
  });
});

test('more texts than the memory is meant for are refused with a remedy', async () => {
  const text = 'x'.repeat(30_000);
  const strings = Array.from({ length: 3600 }, (_, i) => `<si><t>${i}${text}</t></si>`).join('');
  const file = await xlsxOf('', { 'xl/sharedStrings.xml': `<sst>${strings}</sst>` }, { stored: true });
  await expect(readRowsOf(file)).rejects.toMatchObject({
    code: 'too-many-texts',
    message: expect.stringContaining('Save the sheet as CSV'),
  });
});

test('texts of all blocks stay readable by their number', async () => {
  const strings = Array.from({ length: 60_000 }, (_, i) => `<si><t>S-${i}-${'ä'.repeat(i % 50)}</t></si>`).join('');
  const rows = Array.from(
    { length: 60_000 },
    (_, i) => `<row r="${i + 1}"><c t="s"><v>${59_999 - i}</v></c></row>`,
  ).join('');
  const { cells } = await readRowsOf(await xlsxOf(rows, { 'xl/sharedStrings.xml': `<sst>${strings}</sst>` }));
  const texts = Array.from({ length: 60_000 }, (_, i) => `S-${59_999 - i}-${'ä'.repeat((59_999 - i) % 50)}`);
  // As one text: jest compares long lists slowly.
  expect(cells.join('\n')).toBe(texts.join('\n'));
});

test('a workbook without sheets, or without a part that it names, is refused', async () => {
  await expect(
    readRowsOf(await xlsxOf('', { 'xl/workbook.xml': '<workbook><sheets/></workbook>' })),
  ).rejects.toMatchObject({ code: 'no-sheet' });
  const relations =
    '<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/gone.xml"/></Relationships>';
  await expect(readRowsOf(await xlsxOf('', { 'xl/_rels/workbook.xml.rels': relations }))).rejects.toMatchObject({
    code: 'damaged-file',
    message: expect.stringContaining('lacks its sheet "S"'),
  });
});

test('a workbook that lost its styles is refused, for its dates would be read as numbers', async () => {
  const relations =
    '<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="c" ' +
    'Type="x/styles" Target="styles.xml"/></Relationships>';
  await expect(readRowsOf(await xlsxOf('', { 'xl/_rels/workbook.xml.rels': relations }))).rejects.toMatchObject({
    code: 'damaged-file',
  });
});
