import { odsOf, readRowsOf } from '../../test/containers';

const cell = (text: string, attributes = 'office:value-type="string"') =>
  `<table:table-cell ${attributes}><text:p>${text}</text:p></table:table-cell>`;
const table = (rows: string, attributes = 'table:name="S"') => `<table:table ${attributes}>${rows}</table:table>`;
const row = (cells: string, attributes = '') => `<table:table-row ${attributes}>${cells}</table:table-row>`;

test('each kind of cell becomes the text that a person reads', async () => {
  const file = await odsOf(
    table(
      row(
        cell('id') +
          cell('a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d</text:p><text:p><text:span>second</text:span>') +
          '<table:covered-table-cell/>',
      ) +
        row(
          cell('5,0', 'office:value-type="float" office:value="5"') +
            cell('50 %', 'office:value-type="percentage" office:value="0.5"') +
            cell('1.3.24', 'office:value-type="date" office:date-value="2024-03-01"') +
            cell('8:30', 'office:value-type="time" office:time-value="PT08H30M00S"') +
            cell('ja', 'office:value-type="boolean" office:boolean-value="true"') +
            '<table:table-cell office:value-type="string"><office:annotation><text:p>a ' +
            'comment</text:p></office:annotation><text:p>noted</text:p></table:table-cell>' +
            '<table:table-cell table:formula="of:=1+1"/>',
        ),
    ),
  );
  expect(await readRowsOf(file)).toMatchObject({
    cells: [
      ['id', 'a   b\tc\nd\nsecond'],
      ['5', '0.5', '2024-03-01', '08:30:00', 'TRUE', 'noted'],
    ],
    faults: [undefined, { code: 'formula-without-value' }],
  });
});

test('repeated cells and rows come as often as they stand in the sheet; blank ones only count lines', async () => {
  const file = await odsOf(
    table(
      row(
        cell('id') +
          cell('x', 'table:number-columns-repeated="2" office:value-type="string"') +
          '<table:table-cell table:number-columns-repeated="16381"/>',
      ) +
        row('<table:table-cell table:number-columns-repeated="16384"/>', 'table:number-rows-repeated="5"') +
        row(
          '<table:table-cell table:number-columns-repeated="2"/>' + cell('7'),
          'table:number-rows-repeated="3" table:visibility="filter"',
        ) +
        row('<table:table-cell table:number-columns-repeated="16384"/>', 'table:number-rows-repeated="1048567"'),
    ),
  );
  expect(await readRowsOf(file)).toMatchObject({
    cells: [
      ['id', 'x', 'x'],
      ['', '', '7'],
      ['', '', '7'],
      ['', '', '7'],
    ],
    lines: [1, 7, 8, 9],
    warnings: ['hidden-rows'],
  });
});

test('a password is named', async () => {
  const file = await odsOf('', {
    'content.xml': 'xxxx',
    'META-INF/manifest.xml': '<m><manifest:encryption-data/></m>',
  });
  await expect(readRowsOf(file)).rejects.toMatchObject({ code: 'encrypted-file' });
});

test.each([
  [
    'a value beyond column 1000',
    row('<table:table-cell table:number-columns-repeated="1000"/>' + cell('7')),
    'too-many-columns',
  ],
  ['a number of repetitions that is none', row(cell('7'), 'table:number-rows-repeated="1e99"'), 'damaged-file'],
  [
    'rows repeated into a bomb',
    row(
      cell('7'.repeat(500), 'table:number-columns-repeated="1000" office:value-type="string"'),
      'table:number-rows-repeated="1048576"',
    ),
    'expands-too-far',
  ],
])('%s is refused', async (_, rows, code) => {
  const reading = async (): Promise<void> => {
    await readRowsOf(await odsOf(table(rows)));
  };
  await expect(reading()).rejects.toMatchObject({ code });
});
