import { readRowsOf } from '../../test/containers';

const read = (text: string) => readRowsOf(Buffer.from(text));

test('the names of the first records are the header; what a record lacks is blank', async () => {
  expect(
    await read('{"id": "S-1", "mitoses": 1}\r\n\n{"mitoses": 2, "note": null, "id": "S-2"}\n{"id":"S-3"}'),
  ).toMatchObject({
    container: 'jsonl',
    cells: [
      ['id', 'mitoses', 'note'],
      ['S-1', '1', ''],
      ['S-2', '2', ''],
      ['S-3', '', ''],
    ],
    lines: [null, 1, 3, 4],
  });
});

test('numbers keep the text of the file, and words for numbers are read', async () => {
  const { cells } = await read(
    '{"a":12345678901234567890,"b":5.0,"c":1e-7,"d":-0,"e":NaN,"f":-Infinity,"g":true,"h":"1 NaN \\" ' +
      '2","i":"\\u00e4\\\\"}\n',
  );
  expect(cells[1]).toEqual([
    '12345678901234567890',
    '5.0',
    '1e-7',
    '-0',
    'NaN',
    '-Infinity',
    'true',
    '1 NaN " 2',
    'ä\\',
  ]);
});

test('an array of records, on one line or on many, is read with the lines on which they begin', async () => {
  const expected = {
    cells: [
      ['id', 'note'],
      ['1', 'a,]"b'],
      ['2', ''],
    ],
  };
  expect(await read('[{"id":1,"note":"a,]\\"b"},{"id":2}]')).toMatchObject({ ...expected, lines: [null, 1, 1] });
  expect(await read('\ufeff [\n  {\n    "id": 1,\n    "note": "a,]\\"b"\n  },\n  {"id": 2}\n]\n')).toMatchObject({
    ...expected,
    lines: [null, 2, 6],
  });
});

test('arrays below an array of the names are rows', async () => {
  expect(await read('["id","mitoses"]\n["S-1",1]\n["S-2",null]\n')).toMatchObject({
    cells: [
      ['id', 'mitoses'],
      ['S-1', '1'],
      ['S-2', ''],
    ],
    lines: [1, 2, 3],
  });
  expect(await read('[["id","mitoses"],["S-1",1]]')).toMatchObject({
    cells: [
      ['id', 'mitoses'],
      ['S-1', '1'],
    ],
  });
});

test.each([
  ['{"id": 1', 'not-json'],
  ['[1]]', 'not-json'],
  ['{"id": {"a": 1}}', 'nested-value'],
  ['{"id": [5]}', 'nested-value'],
  ['{"id":1,"id":2}', 'repeated-name'],
  ['7', 'no-record'],
  ['"text"', 'no-record'],
  [`{"late": 1}`, 'unknown-name'],
])('the record %s among others is rejected and loses no other', async (line, code) => {
  const records = Array.from({ length: 1000 }, (_, i) => `{"id":${i}}`);
  const { cells, faults, lines } = await read([...records, line, '{"id":"last"}'].join('\n'));
  expect(cells).toHaveLength(1003);
  expect(faults[1001]).toEqual({
    code,
    detail: expect.stringContaining(
      'line 1001'.replace('line', code === 'nested-value' || code === 'repeated-name' ? 'line' : 'Line'),
    ),
  });
  expect([lines[1001], cells[1002], faults[1002]]).toEqual([1001, ['last'], undefined]);
});

test.each([
  ['{\n  "records": [\n', 'not-json', 'each line must hold a whole record'],
  ['{"data":[{"id":1},\n{"id":2}]}', 'not-json', 'or the file one array of records'],
  ['{"id":{"0":1,"1":2}}', 'nested-value', 'orient="records"'],
  ['{"id":1}{"id":2}', 'not-json', 'each line must hold a whole record'],
  ['{"data":[{"id":1},{"id":2}]}', 'nested-value', 'send this list alone'],
  ['{"sample_id":["S-1"],"mitoses":[1]}', 'nested-value', 'auto_unbox = TRUE'],
  ['[{"id":1},{"id":2', 'damaged-file', 'breaks off in line 1'],
  ['[{"id":1}]\n{"id":2}\n', 'damaged-file', 'Line 2 follows the end'],
])('a file that begins %j is refused with a remedy', async (text, code, detail) => {
  await expect(read(text)).rejects.toMatchObject({ code, message: expect.stringContaining(detail) });
});

test('bytes that are not UTF-8 are refused, UTF-16 with its mark is read', async () => {
  await expect(readRowsOf(Buffer.from('{"id":"M\xfcller"}\n', 'latin1'))).rejects.toMatchObject({ code: 'not-utf8' });
  expect((await readRowsOf(Buffer.from('\ufeff{"id":"Müller"}\r\n', 'utf16le'))).cells).toEqual([['id'], ['Müller']]);
});

test('a record without end is stopped, and quotes cannot make the parser slow', async () => {
  await expect(read(`{"id":"${'\\"'.repeat(2_000_000)}`)).rejects.toMatchObject({ code: 'row-too-long' });
  await expect(read(`{"id":"${'\\"'.repeat(400_000)}`)).rejects.toMatchObject({ code: 'not-json' });
  await expect(read(`[${'['.repeat(3_000_000)}`)).rejects.toMatchObject({ code: 'row-too-long' });
});

test('an array is cut at the same places wherever a chunk ends', async () => {
  const records = Array.from({ length: 9000 }, (_, i) => ({ id: i, note: `]},"${'x'.repeat(i % 90)}\\` }));
  const { cells } = await read(JSON.stringify(records));
  expect(cells).toEqual([['id', 'note'], ...records.map(({ id, note }) => [String(id), note])]);
});
