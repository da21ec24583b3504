import { readRows, type Dialect, type RowOptions } from '..';

const DIALECT: Dialect = { delimiter: ',', lineEnd: '\n', bom: false };
const OPTIONS: RowOptions = { columns: 3, featureColumns: [2, 1], maxValue: 10, missingTokens: ['', '?', 'NA'] };

function read(text: string, options: Partial<RowOptions> = {}, dialect: Partial<Dialect> = {}) {
  return readRows(Buffer.from(text), { ...DIALECT, ...dialect }, { ...OPTIONS, ...options });
}

describe('readRows', () => {
  it('gives offsets and values, features in the wanted order', () => {
    const table = read('id1,5,10\r\n\nid2,?, 7.0 \n');
    expect(table.rows).toBe(2);
    expect([...table.start]).toEqual([0, 11]);
    expect([...table.end]).toEqual([8, 22]);
    expect([...table.rowEnd]).toEqual([10, 23]);
    expect([...table.values]).toEqual([10, 5, 7, 0]);
    expect([...table.fastParsed]).toEqual([1, 1]);
  });

  it.each(['1', '10', '007', '5.0', '5.000', ' 5\t', '?', '', '  ', 'NA'])('calls %j plain', (cell) => {
    expect([...read(`x,${cell},1\n`).fastParsed]).toEqual([1]);
  });

  it.each(['0', '11', '5.', '.5', '5.5', '5e0', '+5', '-5', '5 5', 'na', '"5"', '5\r', '٥', '4294967297'])(
    'leaves %j to the caller',
    (cell) => {
      const table = read(`x,${cell},1\n`);
      expect([...table.fastParsed, ...table.values]).toEqual([0, 0, 0]);
    },
  );

  it('leaves short rows, long rows and lines of blanks to the caller', () => {
    const table = read('x,1\nx,1,2,3\n  \nx,1,2');
    expect([...table.fastParsed]).toEqual([0, 0, 0, 1]);
    expect([...table.values.subarray(0, 6)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('doubles the row table when a file has more rows than assumed', () => {
    const table = read('5\n'.repeat(1000), { columns: 1, featureColumns: [0] });
    expect(table.rows).toBe(1000);
    expect(table.values).toEqual(new Uint8Array(1000).fill(5));
    expect(table.start[999]).toBe(1998);
  });

  it('reads bytes that are a view into other memory', () => {
    const around = Buffer.from('xxxx,1,2\nyy').subarray(3, 9);
    expect([
      ...readRows(new Uint8Array(around.buffer, around.byteOffset, around.length), DIALECT, OPTIONS).values,
    ]).toEqual([2, 1]);
  });

  it('refuses columns that are not there or given twice', () => {
    expect(() => read('', { featureColumns: [1, 1] })).toThrow(RangeError);
    expect(() => read('', { featureColumns: [3] })).toThrow(RangeError);
    expect(() => read('', { featureColumns: [-1] })).toThrow(RangeError);
  });
});
