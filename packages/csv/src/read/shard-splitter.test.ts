import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { CsvError, type Dialect, type Header } from '..';
import type { RowsListener } from './row-scanner';
import { ShardSplitter, type ShardOptions } from './shard-splitter';

const ROOMY: ShardOptions = { shardRows: 1000, shardBytes: 1e6, maxShards: 2000, maxRowBytes: 1e6 };

function headerOf(lineEnd: Dialect['lineEnd'] = '\n', byteLength = 10): Header {
  return { dialect: { delimiter: ',', lineEnd, bom: false }, columns: ['a', 'b'], byteLength };
}

function cut(
  data: Uint8Array | string,
  options: Partial<ShardOptions> = {},
  { chunkBytes = 7, header = headerOf() } = {},
) {
  const bytes = Buffer.from(data);
  const cutter = new ShardSplitter(header, { ...ROOMY, ...options });
  for (let at = 0; at < bytes.length; at += chunkBytes) cutter.push(bytes.subarray(at, at + chunkBytes));
  return cutter.end();
}

function errorOf(action: () => unknown): CsvError {
  try {
    action();
  } catch (error) {
    if (error instanceof CsvError) return error;
    throw error;
  }
  throw new Error('expected a CsvError');
}

it('shows every record once, empty lines included, however the bytes are chunked', () => {
  const data = '1,2\r\n\n"a\nb",é\n3,"x"\n\r\n4,5';
  for (const chunkBytes of [1, 2, 3, 5, 100]) {
    const records: string[] = [];
    const onRows: RowsListener = (bytes, { start, ends }) => {
      for (let index = 0, from = start; index < ends.length; from = ends[index++] + 1)
        records.push(Buffer.from(bytes).toString('utf8', from, ends[index]));
    };
    cut(data, { onRows }, { chunkBytes });
    expect(records).toEqual(['1,2\r', '', '"a\nb",é', '3,"x"', '\r', '4,5']);
  }
});

test('each shard knows the physical line in which it begins, whatever lies in quotes or between rows', () => {
  const parts = fc.array(fc.constantFrom('1,2\n', '\n', '"a\nb",1\n', '"\n\n""\n",x\r\n', '5" mass,2\n', '\r\n'), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(
      parts,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
      (data, chunkBytes, maxShards) => {
        const file = Buffer.from(data.join(''));
        const { shards } = cut(file, { shardRows: 1, maxShards, firstLine: 7 }, { chunkBytes });
        expect(shards.map(({ firstLine }) => firstLine)).toEqual(
          shards.map(
            ({ offset }) =>
              7 +
              file
                .subarray(0, offset - 10)
                .toString()
                .split('\n').length -
              1,
          ),
        );
      },
    ),
  );
});

describe('cutting', () => {
  it('closes a shard at the row that reaches either target', () => {
    expect(cut('1,2\n3,4\n5,6\n', { shardRows: 2 })).toEqual({
      rows: 3,
      byteLength: 22,
      shards: [
        { offset: 10, length: 8, firstRow: 1, rows: 2, firstLine: 2, crc32: crc32('1,2\n3,4\n') },
        { offset: 18, length: 4, firstRow: 3, rows: 1, firstLine: 4, crc32: crc32('5,6\n') },
      ],
    });
    expect(cut('1,2\n3,45678\n5,6\n', { shardBytes: 5 }).shards.map(({ length }) => length)).toEqual([12, 4]);
  });

  it('does not cut at a line end inside quotes', () => {
    expect(cut('1,"a\nb"\n2,"c\r\n""\n"\n', { shardRows: 1 }).shards.map(({ length }) => length)).toEqual([8, 11]);
  });

  it('counts a last row without a line end', () => {
    expect(cut('1,2\n3,4').shards).toEqual([
      { offset: 10, length: 7, firstRow: 1, rows: 2, firstLine: 2, crc32: crc32('1,2\n3,4') },
    ]);
  });

  it('has no shard for a file without rows', () => {
    expect(cut('')).toEqual({ rows: 0, shards: [], byteLength: 10 });
    expect(cut('\n\r\n\n')).toEqual({ rows: 0, shards: [], byteLength: 14 });
  });

  it('does not let empty lines swell a shard', () => {
    const { rows, shards } = cut(`${'\n'.repeat(500)}1,2\n${'\r\n'.repeat(500)}3,4\n`, { shardBytes: 50 });
    expect(rows).toBe(2);
    expect(shards.map(({ firstRow }) => firstRow)).toEqual([1, 2]);
    expect(Math.max(...shards.map(({ length }) => length))).toBeLessThanOrEqual(51);
  });

  it('takes a lone CR for content unless it ends the header', () => {
    expect(cut('1,2\r3,4\n').rows).toBe(1);
    expect(cut('1,2\r3,4\r', {}, { chunkBytes: 1, header: headerOf('\r') }).rows).toBe(2);
  });

  it('tells the rows that have ended so far', () => {
    const cutter = new ShardSplitter(headerOf(), { ...ROOMY, shardRows: 2 });
    cutter.push(Buffer.from('1,2\n3,4\n5,6\n7'));
    expect(cutter.rows).toBe(3);
  });
});

describe('merging', () => {
  it('never has more than maxShards, all but the last of equal rows', () => {
    fc.assert(
      fc.property(
        fc.nat(400),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        (rows, maxShards, shardRows) => {
          const { shards } = cut('1,2\n'.repeat(rows), { maxShards, shardRows }, { chunkBytes: 64 });
          expect(shards.length).toBeLessThanOrEqual(maxShards);
          expect(shards.reduce((sum, shard) => sum + shard.rows, 0)).toBe(rows);
          let next = { offset: 10, firstRow: 1 };
          for (const shard of shards) {
            expect(shard).toMatchObject(next);
            expect(shard.length).toBe(shard.rows * 4);
            next = { offset: shard.offset + shard.length, firstRow: shard.firstRow + shard.rows };
          }
          expect(new Set(shards.slice(0, -1).map((shard) => shard.rows)).size).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('gives each shard the checksum of its bytes, merged or not; none where it was merged across empty lines', () => {
    const lines = fc.array(fc.constantFrom('1,2\n', '3,é\n', '"4\n",5\n', '\n', '\r\n'), { maxLength: 40 });
    const counts = { maxShards: fc.integer({ min: 2, max: 9 }), shardRows: fc.integer({ min: 1, max: 4 }) };
    fc.assert(
      fc.property(lines, fc.record(counts), fc.integer({ min: 1, max: 9 }), (parts, options, chunkBytes) => {
        const file = Buffer.from(parts.join(''));
        const { shards } = cut(file, options, { chunkBytes });
        const sums = shards.map(({ offset, length }) => crc32(file.subarray(offset - 10, offset - 10 + length)));
        const mayLack = parts.some((part) => part.trim() === '');
        expect(shards.map(({ crc32: sum }, shard) => sum ?? (mayLack ? sums[shard] : 'none'))).toEqual(sums);
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves at least half of maxShards when rows abound', () => {
    expect(
      cut('1,2\n'.repeat(10_000), { maxShards: 20, shardRows: 3 }, { chunkBytes: 4096 }).shards.length,
    ).toBeGreaterThanOrEqual(10);
  });
});

describe('bytes that are no rows', () => {
  it.each([
    ['a quote that never closes', '1,2\n3,"4\n5,6\n', { code: 'unclosed-quote', row: 2, line: 3, byteOffset: 14 }],
    ['a NUL', '1,2\n3,\0\n', { code: 'nul-byte', row: 2, line: 3, byteOffset: 16 }],
    ['Latin-1', Buffer.from('1,2\n3,caf\xe9\n', 'latin1'), { code: 'not-utf8', row: 2, line: 3, byteOffset: 19 }],
    [
      'an end within a character',
      Buffer.from('1,2\n漢').subarray(0, 6),
      { code: 'not-utf8', row: 2, line: 3, byteOffset: 14 },
    ],
    ['a row over the limit', `1,2\n${'3'.repeat(30)}\n`, { code: 'row-too-long', row: 2, line: 3, byteOffset: 14 }],
  ])('%s', (_, data, expected) => {
    for (const chunkBytes of [1, 2, 3, 1000]) {
      const error = errorOf(() => cut(data, { maxRowBytes: 30 }, { chunkBytes }));
      expect(error).toMatchObject(expected);
      expect(error.message).toContain(`row ${expected.row} (line 3, byte ${expected.byteOffset} of the file)`);
    }
  });

  it('gives up on an open quote at the row limit, not at the end of the file', () => {
    const cutter = new ShardSplitter(headerOf(), { ...ROOMY, maxRowBytes: 100 });
    expect(errorOf(() => cutter.push(Buffer.from(`1,"${'x\n'.repeat(60)}`)))).toMatchObject({
      code: 'row-too-long',
      row: 1,
      byteOffset: 10,
    });
  });

  it('accepts the longest row that is allowed', () => {
    expect(cut('123\n', { maxRowBytes: 4 }).rows).toBe(1);
    expect(errorOf(() => cut('1234\n', { maxRowBytes: 4 })).code).toBe('row-too-long');
  });

  it('decides alike for every chunking', () => {
    const pieces = fc.constantFrom<Buffer>(
      ...['1,2\n', '"', '\r', '\n', ',', 'é', '漢', '😀', '\0', 'x'].map((text) => Buffer.from(text)),
      ...[[0xe9], [0xe2, 0x82], [0xf0, 0x9f], [0x80], [0xc0, 0x80], [0xff], [0xed, 0xa0, 0x80]].map((bytes) =>
        Buffer.from(bytes),
      ),
    );
    const files = fc.array(
      fc.oneof({ weight: 3, arbitrary: fc.constant(Buffer.from('5,é\n')) }, { weight: 1, arbitrary: pieces }),
      { maxLength: 30 },
    );
    const outcome = (file: Buffer, chunkBytes: number): unknown => {
      try {
        return cut(file, { shardRows: 2, maxShards: 3, maxRowBytes: 12 }, { chunkBytes });
      } catch (error) {
        const { code, row, byteOffset, message } = error as CsvError;
        return { code, row, byteOffset, message };
      }
    };
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 6 }), (parts, chunkBytes) => {
        const file = Buffer.concat(parts);
        expect(outcome(file, chunkBytes)).toEqual(outcome(file, 1e6));
      }),
      { numRuns: 1000 },
    );
  });
});
