import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { joinedChecksum } from './joined-checksum';

test('the checksum of two parts in a row follows from those of each', () => {
  const part = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(part, part, (first, second) => {
      expect(joinedChecksum(crc32(first), crc32(second), second.length)).toBe(crc32(Buffer.concat([first, second])));
    }),
  );
  const [first, second] = [Buffer.alloc(70_001, 'ab'), Buffer.alloc(3_000_003, 'xyz')];
  expect(joinedChecksum(crc32(first), crc32(second), second.length)).toBe(crc32(Buffer.concat([first, second])));
});
