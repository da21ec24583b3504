import { readCsvPreview } from './csv-preview';

const respond = (text: string, range?: string) =>
  new Response(text, {
    status: range === undefined ? 200 : 206,
    headers: range === undefined ? {} : { 'Content-Range': range },
  });

test('a complete file is marked complete', async () => {
  expect(await readCsvPreview(respond('a,b\r\n1,"x, y"\r\n2,z\r\n', 'bytes 0-19/20'), 100)).toEqual({
    columns: ['a', 'b'],
    rows: [
      { a: '1', b: 'x, y' },
      { a: '2', b: 'z' },
    ],
    isComplete: true,
  });
});

test('a row that the range cuts is dropped', async () => {
  expect(await readCsvPreview(respond('a;b\n1;2\n3;4', 'bytes 0-10/900'), 100)).toMatchObject({
    rows: [{ a: '1', b: '2' }],
    isComplete: false,
  });
  expect(await readCsvPreview(respond('a,b\n1,2\n3,"4\n5', 'bytes 0-13/900'), 100)).toMatchObject({
    rows: [{ a: '1', b: '2' }],
  });
});

test('returns at most the requested rows', async () => {
  expect(await readCsvPreview(respond('a,b\n1,2\n3,4\n5,6\n'), 2)).toMatchObject({
    rows: [{ a: '1' }, { a: '3' }],
    isComplete: false,
  });
});
