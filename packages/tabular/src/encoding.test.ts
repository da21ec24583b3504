import fc from 'fast-check';
import iconv from 'iconv-lite';
import { TextDecoding, resolveCharset } from './encoding';
import { ImportLog } from './report';

async function decode(bytes: Buffer, declared?: string, chunkBytes = 3): Promise<{ text: string; encoding: string }> {
  const decoding = new TextDecoding(declared, new ImportLog());
  const source = (async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  })();
  const parts: Buffer[] = [];
  for await (const part of decoding.decode(source)) parts.push(part);
  return { text: Buffer.concat(parts).toString(), encoding: decoding.encoding };
}

const ascii = 'id,name\n'.repeat(20_000);

describe('without a declaration', () => {
  test.each([
    ['Müller, Strauß', 'windows-1252'],
    ['José; François; Ólafur', 'windows-1252'],
    ['size (µm), area (µm²), temp 20°', 'windows-1252'],
    ['O’Neill – „left“ …', 'windows-1252'],
    ['Müller, Novčák, 漢字', 'utf-8'],
    ['id,1\n', 'utf-8'],
    ['id,Ä\n', 'utf-16le'],
    ['id,Ä\n', 'utf-16be'],
  ])('%j of %s is known', async (text, encoding) => {
    expect(await decode(iconv.encode(text, encoding))).toEqual({ text, encoding });
  });

  test('the first letter beyond ASCII decides, however late and wherever a chunk begins', async () => {
    for (const chunkBytes of [1, 7, 1_000, 65_536, 1e6]) {
      const { text, encoding } = await decode(iconv.encode(`${ascii}José`, 'windows-1252'), undefined, chunkBytes);
      expect([encoding, text.slice(-4)]).toEqual(['windows-1252', 'José']);
    }
  });

  test.each([
    ['Dvořák, Nováková, Špaček', 'windows-1250'],
    ['Müller', 'cp850'],
    ['Müller', 'macroman'],
    ['Иванов', 'windows-1251'],
    ['Иванов', 'koi8-r'],
    ['Παπαδόπουλος', 'windows-1253'],
    ['張偉', 'big5'],
    ['张伟', 'gbk'],
    ['田中', 'shift_jis'],
    ['Jørgensen', 'windows-1252'],
  ])('%j of %s leaves a doubt and is refused with the line and what to do', async (text, encoding) => {
    const error = await decode(iconv.encode(`id,name\n1,${text}\n`, encoding)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'not-utf8',
      line: 2,
      message: expect.stringContaining('charset=windows-1252'),
    });
  });

  test('bytes after the first part that are not UTF-8 are refused with their line', async () => {
    const bytes = Buffer.concat([Buffer.from(`é\n${ascii}`), Buffer.from([0xff, 0x0a])]);
    await expect(decode(bytes, undefined, 1_000)).rejects.toMatchObject({ code: 'not-utf8', line: 20_002 });
  });
});

describe('declared', () => {
  test.each(['Windows-1252', 'iso-8859-1', '"latin1"', 'cp1252'])('%s is read as Windows-1252', async (label) => {
    expect(await decode(iconv.encode('Jørgensen €', 'windows-1252'), label)).toEqual({
      text: 'Jørgensen €',
      encoding: 'windows-1252',
    });
  });

  test.each(['windows-1250', 'iso-8859-2', 'cp850', 'macroman', 'koi8-r', 'shift_jis', 'gbk', 'utf-16le'])(
    '%s is read',
    async (label) => {
      const sample =
        { 'koi8-r': 'Иванов', shift_jis: '田中', gbk: '张伟', cp850: 'Müller', macroman: 'Müller' }[label] ??
        'Nováková';
      expect((await decode(iconv.encode(sample, label), label)).text).toBe(sample);
    },
  );

  test('a byte order mark goes before the declaration', async () => {
    expect((await decode(iconv.encode('Ä', 'utf-16le', { addBOM: true }), 'windows-1252')).text).toBe('Ä');
    expect((await decode(Buffer.from('\uFEFFÄ'), 'windows-1252')).text).toBe('Ä');
  });

  test('invalid UTF-8 is refused although declared', async () => {
    await expect(decode(iconv.encode('a\nMüller', 'windows-1252'), 'utf-8')).rejects.toMatchObject({
      code: 'not-utf8',
      line: 2,
      message: expect.stringContaining('declared'),
    });
  });

  test.each(['base64', 'hex', 'utf-32', 'no-such-thing', ''])('%j is refused', (label) => {
    expect(() => resolveCharset(label)).toThrow(expect.objectContaining({ code: 'unsupported-charset' }));
  });

  test('bytes that the declared encoding does not have are refused', async () => {
    await expect(decode(Buffer.from([0x41, 0x81]), 'windows-1252')).rejects.toMatchObject({
      code: 'undecodable-bytes',
    });
  });
});

test('UTF-8 passes unchanged, whatever the chunks', async () => {
  const texts = fc
    .string({ unit: 'grapheme', maxLength: 200 })
    .map((text) => `x${text.replaceAll('\0', '').replaceAll('\uFEFF', '').toWellFormed()}`);
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 1, max: 9 }), async (text, chunkBytes) => {
      expect((await decode(Buffer.from(text), undefined, chunkBytes)).text).toBe(text);
    }),
  );
});
