/** A file format that is recognised so that the rejection can name it. */
export interface UnsupportedFormat {
  /** Completes "This is …". */
  name: string;
  /** Instructions for the sender, as whole sentences. */
  remedy: string;
  /**
   * @param bytes the start of the file, a character for each byte
   * @param text the start of the file as text, without byte order mark and leading blanks
   */
  matches(bytes: string, text: string): boolean;
}

const SAVE_AS = 'Open it in Excel or LibreOffice and save it as .xlsx or as CSV UTF-8.';
const EXPORT_TABLE = 'Export the table itself as CSV or .xlsx.';
const WRITE_AS = 'Write the table as Parquet or CSV.';

const at =
  (offset: number, ...signatures: string[]) =>
  (bytes: string): boolean =>
    signatures.some((signature) => bytes.startsWith(signature, offset));
const text =
  (pattern: RegExp) =>
  (_bytes: string, start: string): boolean =>
    pattern.test(start);

/** Signatures of Stata versions before 13: version, byte order, file type. */
const STATA_HEADERS = [105, 108, 110, 111, 113, 114, 115].flatMap((version) =>
  [1, 2].map((order) => String.fromCharCode(version, order, 1, 0)),
);

type Named = Pick<UnsupportedFormat, 'name' | 'remedy'>;
const statistics = (product: string): Named => ({
  name: `a data file of ${product}`,
  remedy: `Export it from ${product} as CSV, .xlsx or Parquet.`,
});
const image = (kind: string): Named => ({ name: `an image (${kind})`, remedy: EXPORT_TABLE });
const archive = (kind: string): Named => ({
  name: `an archive (${kind})`,
  remedy: 'Unpack it and send the file itself, or pack it with gzip or zip.',
});

/**
 * In order; the first match wins. A signature that a CSV header could start with is extended until none could.
 */
export const UNSUPPORTED_FORMATS: readonly UnsupportedFormat[] = [
  {
    name: 'an Excel file of the old .xls format, or a workbook with a password',
    remedy: `Remove the password, if any. ${SAVE_AS}`,
    matches: at(0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  },
  {
    name: 'an Excel file from before 1997',
    remedy: SAVE_AS,
    matches: at(0, '\x09\0\x04\0', '\x09\x02\x06\0', '\x09\x04\x06\0', '\x09\x08\x08\0', '\x09\x08\x10\0'),
  },
  { name: 'a PDF document', remedy: EXPORT_TABLE, matches: text(/^%PDF-/) },
  { name: 'an RTF document', remedy: 'Save it as CSV or plain text instead of Rich Text.', matches: text(/^\{\\rtf/) },
  { ...statistics('Stata'), matches: at(0, '<stata_dta>', ...STATA_HEADERS) },
  {
    name: 'a workbook in the XML format of Excel 2003',
    remedy: SAVE_AS,
    matches: text(/^<\?xml[^]{0,2000}urn:schemas-microsoft-com:office:spreadsheet/),
  },
  {
    name: 'a web page (HTML)',
    remedy:
      'If it is a table that a laboratory system exported as .xls, open it in Excel and save it as .xlsx or CSV ' +
      'UTF-8. ' +
      'If it is a page that asks to sign in, download the file again.',
    matches: text(
      /^(<!--[^]*?-->\s*)*(<\?xml[^>]*>\s*)?<(!doctype\s+html|html|head|body|table|meta|script|style|div)\b/i,
    ),
  },
  {
    name: 'an XML document',
    remedy: 'Export the table as CSV, .xlsx or JSON Lines.',
    matches: text(/^<(\?xml\b|!DOCTYPE\b|[A-Za-z_][\w.:-]*(\s+[\w.:-]+\s*=\s*["'][^>]*)?>)/),
  },
  {
    name: 'an encrypted Parquet file',
    remedy: 'Write it without encryption.',
    matches: (bytes) => /^PARE[^\t\n\r -~]/.test(bytes),
  },
  { name: 'an Arrow or Feather file', remedy: WRITE_AS, matches: at(0, 'ARROW1\0', 'FEA1\0') },
  {
    name: 'an ORC or Avro file',
    remedy: WRITE_AS,
    matches: (bytes) => bytes.startsWith('Obj\x01') || /^ORC[^\t\n\r -~]/.test(bytes),
  },
  { name: 'an HDF5 or MATLAB file', remedy: WRITE_AS, matches: at(0, '\x89HDF\r\n', 'MATLAB 5.0 MAT-file') },
  {
    name: 'a NumPy or pickled Python object',
    remedy: 'Write it with to_csv or to_parquet.',
    matches: at(0, '\x93NUMPY', '\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'),
  },
  {
    name: 'a text of Python dictionaries, not JSON',
    remedy: 'Write it with json.dumps, or with to_json(orient="records", lines=True) of pandas.',
    matches: text(/^\[?\s*\{\s*'/),
  },
  {
    name: 'a pointer of Git LFS, not the file',
    remedy: 'Fetch the file with git lfs pull and send that.',
    matches: text(/^version https:\/\/git-lfs\.github\.com\/spec\//),
  },
  {
    name: 'the name of a file, not the file',
    remedy: 'Send the file itself, with curl by --data-binary @FILE or -F file=@FILE.',
    matches: text(/^@?[^\s,;|"]{1,250}\.(csv|tsv|txt|xlsx|xls|ods|jsonl?|parquet|gz|zip)\s*$/i),
  },
  {
    name: 'an SQL script',
    remedy: EXPORT_TABLE,
    matches: text(
      /^(--[^\n]*\n\s*)*(INSERT\s+INTO\s|CREATE\s+TABLE\s|COPY\s+\S+\s*(\([^)\n]*\)\s*)?FROM\s+(STDIN\b|'))/i,
    ),
  },
  {
    name: 'a file that is encoded in Base64',
    remedy: 'Decode it and send the file itself.',
    matches: text(
      /^(data:[\w/.+-]+(;[\w=-]+)*;base64,|-----BEGIN |([A-Za-z0-9+/]{60,76}\r?\n){2}[A-Za-z0-9+/=\r\n]*$|[A-Za-z0-9+/]{100,}={0,2}\s*$)/,
    ),
  },
  {
    name: 'a data file of R (.rds or .RData)',
    remedy: 'Write it with write.csv(data, "file.csv", row.names = FALSE).',
    matches: at(0, 'RDX2\n', 'RDX3\n', 'RDA2\n', 'RDA3\n', 'X\n\0\0\0'),
  },
  { ...statistics('SPSS'), matches: at(0, '$FL2@(#)', '$FL3@(#)') },
  { ...statistics('SAS'), matches: at(0, 'HEADER RECORD*******LIB', `${'\0'.repeat(12)}\xc2\xea\x81\x60`) },
  { name: 'a SQLite database', remedy: EXPORT_TABLE, matches: at(0, 'SQLite format 3\0') },
  { name: 'a Microsoft Access database', remedy: EXPORT_TABLE, matches: at(4, 'Standard Jet DB', 'Standard ACE DB') },
  { ...image('PNG'), matches: at(0, '\x89PNG\r\n') },
  { ...image('JPEG'), matches: at(0, '\xff\xd8\xff') },
  { ...image('GIF'), matches: at(0, 'GIF87a', 'GIF89a') },
  { ...image('TIFF'), matches: at(0, 'II*\0', 'MM\0*', 'II+\0', 'MM\0+') },
  { ...image('WebP'), matches: (bytes) => /^RIFF[^]{4}WEBP/.test(bytes) },
  { ...image('HEIC or AVIF'), matches: at(4, 'ftypheic', 'ftypheix', 'ftypmif1', 'ftypavif') },
  { ...image('DICOM'), matches: at(128, 'DICM') },
  { ...archive('7-Zip'), matches: at(0, '7z\xbc\xaf\x27\x1c') },
  { ...archive('RAR'), matches: at(0, 'Rar!\x1a\x07') },
  { ...archive('bzip2'), matches: (bytes) => /^BZh[1-9]1AY&SY/.test(bytes) },
  { ...archive('xz'), matches: at(0, '\xfd7zXZ\0') },
  { ...archive('Zstandard'), matches: at(0, '\x28\xb5\x2f\xfd') },
  { ...archive('compress'), matches: at(0, '\x1f\x9d') },
  { ...archive('tar'), matches: at(257, 'ustar') },
];
