import { headerRow, readHeader, type Header, type HeaderOptions } from './header';

const KNOWN = new Set(['id', 'clump', 'mitoses']);
const score = (columns: string[]): number => columns.filter((column) => KNOWN.has(column)).length;

function read(text: string | Buffer, options: Partial<HeaderOptions> = {}): Header | undefined {
  return readHeader(Buffer.from(text), { final: true, countRecognized: score, ...options });
}

describe('readHeader', () => {
  it('reads columns, dialect and where the data begin', () => {
    expect(read('id, clump ,"mitoses"\n1,2,3\n')).toEqual({
      dialect: { delimiter: ',', lineEnd: '\n', bom: false },
      columns: ['id', 'clump', 'mitoses'],
      byteLength: 21,
    });
  });

  it.each([
    [
      'semicolons, CRLF and BOM, as Excel writes in Europe',
      '\ufeffid;clump;x,y\r\n',
      { delimiter: ';', lineEnd: '\r\n', bom: true },
      17,
    ],
    ['tabs', 'id\tclump\n', { delimiter: '\t', lineEnd: '\n', bom: false }, 9],
    ['bars', 'id|clump|a,b,c,d\n', { delimiter: '|', lineEnd: '\n', bom: false }, 17],
    ['an old Mac', 'id,clump\r1,"a\nb"\r', { delimiter: ',', lineEnd: '\r', bom: false }, 9],
    ['a line end doubled in transfer', 'id,clump\r\r\n1,2\r\r\n', { delimiter: ',', lineEnd: '\r\n', bom: false }, 11],
    ['nothing recognised', 'a;b|c,d\n', { delimiter: ',', lineEnd: '\n', bom: false }, 8],
    ['no line end', 'id;clump', { delimiter: ';', lineEnd: '\n', bom: false }, 8],
    ['empty lines first', '\r\n\nid;clump\n', { delimiter: ';', lineEnd: '\n', bom: false }, 12],
    ['a quoted delimiter and line end', '"id;","cl\nump",clump\n', { delimiter: ',', lineEnd: '\n', bom: false }, 21],
  ])('%s', (_, text, dialect, byteLength) => {
    expect(read(text)).toMatchObject({ dialect, byteLength });
  });

  it.each([
    ['no bytes', '', 'empty-file'],
    ['only empty lines', '\ufeff\r\n\n', 'empty-file'],
    ['an unclosed quote', '"id,clump\n1,2\n', 'malformed-quotes'],
    ['text after a quote', '"id"x,"clump"\n', 'malformed-quotes'],
    ['UTF-16', Buffer.from('\ufeffid,clump\n', 'utf16le'), 'not-utf8'],
    ['UTF-16, big-endian', Buffer.from('\ufeffid,clump\n', 'utf16le').swap16(), 'not-utf8'],
    ['UTF-16 without a mark', Buffer.from('id,clump\n', 'utf16le'), 'nul-byte'],
    ['Latin-1', Buffer.from('id,größe\n', 'latin1'), 'not-utf8'],
    ['a column too many', 'id,clump,x,y,z\n', 'too-many-columns'],
    ['a header over the limit', `id,${'x'.repeat(200)}\n`, 'header-too-long'],
  ])('refuses %s', (_, text, code) => {
    expect(() => read(text, { maxColumns: 4, maxBytes: 100 })).toThrow(expect.objectContaining({ code, row: 0 }));
  });

  it('says where the text stops to be UTF-8, and what to do', () => {
    expect(() => read(Buffer.from('id,größe\n', 'latin1'))).toThrow(expect.objectContaining({ byteOffset: 5 }));
    expect(() => read(Buffer.from('\ufeffid', 'utf16le'))).toThrow(/UTF-16.*CSV UTF-8/);
  });

  it('waits for more bytes while the header may go on', () => {
    for (const prefix of ['', '\ufeff', 'id,clump', 'id,clump\r', '"id\n', '\n\n', 'id,clump\r1,2\r']) {
      expect(read(prefix, { final: false })).toBeUndefined();
    }
    expect(read('id,clump\n', { final: false })).toBeDefined();
  });

  it('does not take half a CRLF at the limit for a Mac line end', () => {
    expect(() => read('id,clump\r\n', { maxBytes: 9 })).toThrow(expect.objectContaining({ code: 'header-too-long' }));
    expect(read('id,clump\r\n', { maxBytes: 10 })?.byteLength).toBe(10);
  });

  it('judges an overlong header before the upload has ended', () => {
    expect(() => read('x'.repeat(101), { final: false, maxBytes: 100 })).toThrow(
      expect.objectContaining({ code: 'header-too-long' }),
    );
  });
});

describe('headerRecord', () => {
  it.each(['\ufeff\r\nid;"a;b"\r\n1;2\r\n', 'id;"a;b"\n', 'id;"a;b"', 'id;"a;b"\r1;2\r'])(
    'finds the raw header in %j',
    (text) => {
      const bytes = Buffer.from(text);
      expect(Buffer.from(headerRow(bytes, read(bytes)!)).toString()).toBe('id;"a;b"');
    },
  );
});
