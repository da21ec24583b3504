import { readCsvPreview } from './csv-preview';

const answer = (text: string, range?: string) =>
  new Response(text, {
    status: range === undefined ? 200 : 206,
    headers: range === undefined ? {} : { 'Content-Range': range },
  });

test('a whole file is read whole', async () => {
  expect(await readCsvPreview(answer('a,b\r\n1,"x, y"\r\n2,z\r\n', 'bytes 0-19/20'), 100)).toEqual({
    columns: ['a', 'b'],
    rows: [
      { a: '1', b: 'x, y' },
      { a: '2', b: 'z' },
    ],
    isWhole: true,
  });
});

test('the record that the range cuts through is left out', async () => {
  expect(await readCsvPreview(answer('a;b\n1;2\n3;4', 'bytes 0-10/900'), 100)).toMatchObject({
    rows: [{ a: '1', b: '2' }],
    isWhole: false,
  });
  expect(await readCsvPreview(answer('a,b\n1,2\n3,"4\n5', 'bytes 0-13/900'), 100)).toMatchObject({
    rows: [{ a: '1', b: '2' }],
  });
});

test('no more rows than asked for', async () => {
  expect(await readCsvPreview(answer('a,b\n1,2\n3,4\n5,6\n'), 2)).toMatchObject({
    rows: [{ a: '1' }, { a: '3' }],
    isWhole: false,
  });
});
