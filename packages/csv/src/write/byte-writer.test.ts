import fc from 'fast-check';
import { ByteWriter, toByteSource } from '..';

function written(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter(1);
  write(writer);
  return Buffer.from(writer.toBytes()).toString();
}

describe('ByteWriter', () => {
  it('appends bytes, characters and parts of other bytes', () => {
    const long = Buffer.from('x'.repeat(200));
    expect(
      written((writer) => {
        writer.ascii('ab');
        writer.byte(0x63);
        writer.bytes(Buffer.from('0123'), 1, 3);
        writer.bytes(long);
      }),
    ).toBe(`abc12${'x'.repeat(200)}`);
  });

  it('writes numbers as String does', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double(), fc.integer(), fc.nat(), fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 53, -1, 0)),
        (value) => {
          expect(written((writer) => writer.number(value))).toBe(String(value));
          expect(written((writer) => writer.integer(value))).toBe(String(value));
        },
      ),
    );
  });

  it('writes the longest numbers whole', () => {
    const longest = [-0.0000010004474293327342, -2.2250738585072014e-308, -123456789012345680000, 5e-324];
    expect(written((writer) => longest.forEach((value) => writer.number(value)))).toBe(longest.join(''));
  });

  it('writes numbers that come again as it wrote them first', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 50 }), (values) => {
        const again = [...values, ...values];
        expect(written((writer) => again.forEach((value) => writer.number(value)))).toBe(again.map(String).join(''));
      }),
    );
  });

  it('writes tens of thousands of different numbers, each of them twice', () => {
    const values = Array.from({ length: 40_000 }, (_, i) => 1 / (i + 1));
    const twice = values.flatMap((value, i) => [value, values[(i * 7919) % values.length]]);
    expect(written((writer) => twice.forEach((value) => writer.number(value)))).toBe(twice.map(String).join(''));
  });

  it('hands out copies and views', () => {
    const writer = new ByteWriter(8);
    writer.ascii('one');
    const taken = writer.toBytes();
    const view = writer.view();
    writer.reset();
    expect(writer.length).toBe(0);
    writer.ascii('two');
    expect(Buffer.from(taken).toString()).toBe('one');
    expect(Buffer.from(view).toString()).toBe('two');
    expect(taken.buffer.byteLength).toBe(3);
  });

  it('copies the same bytes by words as one by one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40), fc.nat(5), (bytes, a, b, before) => {
        const [start, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
        const writer = new ByteWriter(4);
        writer.ascii('x'.repeat(before));
        writer.copy(toByteSource(Buffer.from(bytes)), start, end);
        expect(
          Buffer.from(writer.view()).equals(
            Buffer.from([...Buffer.from('x'.repeat(before)), ...bytes.subarray(start, end)]),
          ),
        ).toBe(true);
      }),
    );
  });

  it('lets a caller fill reserved memory', () => {
    expect(
      written((writer) => {
        writer.ascii('a');
        writer.reserve(2).fill(0x62, writer.length, writer.length + 2);
        writer.advance(2);
      }),
    ).toBe('abb');
  });
});
