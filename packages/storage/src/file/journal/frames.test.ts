import fc from 'fast-check';
import { MAX_FRAME_BYTES, type Frame, type NewFrame, encodeFrame, scanFrame } from './frames';

const WRITER = 7;

const newFrame: fc.Arbitrary<NewFrame> = fc.record({
  type: fc.constantFrom('put', 'create', 'delete', 'close'),
  key: fc.string({ maxLength: 40, unit: 'grapheme' }),
  body: fc.uint8Array({ maxLength: 300 }),
});

function encodeAll(frames: readonly NewFrame[]): Buffer[] {
  return frames.map((frame, sequence) => encodeFrame(frame, WRITER, sequence));
}

/** @returns the frames, and how many bytes were not read because they end within a frame */
function scanAll(bytes: Buffer): { frames: Frame[]; rest: number } {
  const frames: Frame[] = [];
  let at = 0;
  for (;;) {
    const scanned = scanFrame(bytes, at);
    if (scanned === undefined) return { frames, rest: bytes.length - at };
    if (scanned.frame !== undefined) frames.push(scanned.frame);
    at = scanned.end;
  }
}

function summaryOf({ type, key, body, sequence }: Frame): object {
  return { type, key, body: body && Buffer.from(body).toString('hex'), sequence };
}

function expectedOf({ type, key, body }: NewFrame, sequence: number): object {
  return { type, key, body: Buffer.from(body).toString('hex'), sequence };
}

test('reads what was written', () => {
  fc.assert(
    fc.property(fc.array(newFrame), (frames) => {
      const { frames: found, rest } = scanAll(Buffer.concat(encodeAll(frames)));
      expect(found.map(summaryOf)).toEqual(frames.map(expectedOf));
      expect(rest).toBe(0);
    }),
  );
});

test('waits for the rest of a frame that is being written', () => {
  fc.assert(
    fc.property(fc.array(newFrame, { minLength: 1 }), fc.nat(), (frames, cut) => {
      const encoded = encodeAll(frames);
      const bytes = Buffer.concat(encoded);
      const last = encoded.at(-1)!.length;
      const missing = 1 + (cut % last);
      const { frames: found, rest } = scanAll(bytes.subarray(0, bytes.length - missing));
      expect(found).toHaveLength(frames.length - 1);
      expect(rest).toBe(last - missing);
    }),
  );
});

test('skips a frame that a crash has cut off, once another one follows', () => {
  fc.assert(
    fc.property(newFrame, fc.array(newFrame, { minLength: 1 }), fc.nat(), (torn, frames, cut) => {
      const start = encodeFrame(torn, WRITER, 1_000);
      const bytes = Buffer.concat([start.subarray(0, 1 + (cut % (start.length - 1))), ...encodeAll(frames)]);
      expect(scanAll(bytes).frames.map(summaryOf)).toEqual(frames.map(expectedOf));
    }),
  );
});

test('a damaged body concerns its own frame only, and is not returned', () => {
  fc.assert(
    fc.property(fc.array(newFrame), newFrame, fc.array(newFrame), fc.nat(), (before, hit, after, at) => {
      fc.pre(hit.body.length > 0);
      const all = [...before, hit, ...after];
      const encoded = encodeAll(all);
      const damaged = encoded[before.length]!;
      const position = damaged.length - 1 - (at % hit.body.length);
      damaged[position] = damaged[position]! ^ 1;
      const expected = all.map(expectedOf);
      expected[before.length] = { ...expected[before.length], body: undefined };
      expect(scanAll(Buffer.concat(encoded)).frames.map(summaryOf)).toEqual(expected);
    }),
  );
});

test('a damaged header loses its own frame only', () => {
  fc.assert(
    fc.property(
      fc.array(newFrame),
      newFrame,
      fc.array(newFrame, { minLength: 1 }),
      fc.nat(47),
      (before, hit, after, at) => {
        const all = [...before, hit, ...after];
        const encoded = encodeAll(all);
        encoded[before.length]![at] = encoded[before.length]![at]! ^ 1;
        const expected = all.map(expectedOf).filter((_, index) => index !== before.length);
        const found = scanAll(Buffer.concat(encoded)).frames.filter(({ body }) => body !== undefined);
        expect(found.map(summaryOf)).toEqual(expected);
      },
    ),
  );
});

test('goes on after any bytes that are no frames', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.array(newFrame, { minLength: 1 }), (noise, frames) => {
      const bytes = Buffer.concat([noise, ...encodeAll(frames)]);
      expect(scanAll(bytes).frames.map(summaryOf)).toEqual(frames.map(expectedOf));
    }),
  );
  expect(scanFrame(Buffer.alloc(3 * MAX_FRAME_BYTES), 0)?.end).toBeGreaterThan(MAX_FRAME_BYTES);
});
