import { resultHeader } from './result-header';

const header = (
  text: string,
  columns: string[],
  dialect: Partial<Parameters<typeof resultHeader>[1]['dialect']> = {},
) =>
  Buffer.from(
    resultHeader(Buffer.from(text), {
      dialect: { delimiter: ',', lineEnd: '\n', bom: false, ...dialect },
      columns,
      added: ['row', 'model'],
      formulas: 'escape',
    }),
  ).toString();

test('the input’s header stays as it was written, with the new columns after it', () => {
  expect(header('id, "a, b" ,row\n', ['id', '"a', 'b"', 'row'])).toBe('id, "a, b" ,row,cytoqueue_row,model\n');
});

test('byte order mark, delimiter and line end are the file’s; empty lines before it are dropped', () => {
  expect(header('\uFEFF\r\nid;"x"\r\n', ['id', 'x'], { delimiter: ';', lineEnd: '\r\n', bom: true })).toBe(
    '\uFEFFid;"x";row;model\r\n',
  );
});

test('a column name that a spreadsheet would run is guarded', () => {
  expect(header('id,=x', ['id', '=x'])).toBe("id,'=x,row,model\n");
});
