import { inspectFirstBytes } from './first-bytes';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

test.each<[string, string]>([
  ['an Excel file of the old .xls format', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['an Excel file from before 1997', '\x09\x08\x08\0\0\x05'],
  ['a PDF document', '%PDF-1.7\n'],
  ['an RTF document', '{\\rtf1\\ansi'],
  [
    'a workbook in the XML format of Excel 2003',
    '<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
  ],
  ['a web page (HTML)', '\xef\xbb\xbf\r\n <!DOCTYPE html>\n<html>'],
  ['a web page (HTML)', '<!-- made by LIS --><table border=1><tr><td>id'],
  ['an XML document', '<records count="2">'],
  ['an encrypted Parquet file', 'PARE\x15\0'],
  ['an Arrow or Feather file', 'ARROW1\0\0'],
  ['an ORC or Avro file', 'Obj\x01\x04'],
  ['an HDF5 or MATLAB file', '\x89HDF\r\n\x1a\n'],
  ['a NumPy or pickled Python object', '\x80\x04\x95'],
  ['a text of Python dictionaries', "{'id': 1, 'mitoses': None}\n"],
  ['a text of Python dictionaries', "[{'id': 1}]\n"],
  ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:'],
  ['an SQL script', 'COPY records (id, mitoses) FROM stdin;\n'],
  ['an SQL script', '-- dump\nINSERT INTO records VALUES (1, 5, '],
  ['a file that is encoded in Base64', 'data:text/csv;base64,aWQs'],
  ['a file that is encoded in Base64', '-----BEGIN CERTIFICATE-----\n'],
  ['a data file of R', 'X\n\0\0\0\x03'],
  ['a data file of SPSS', '$FL2@(#) IBM SPSS STATISTICS'],
  ['a data file of Stata', '<stata_dta><header>'],
  ['a data file of Stata', '\x73\x02\x01\0'],
  ['a data file of SAS', `${'\0'.repeat(12)}\xc2\xea\x81\x60\xb3\x14`],
  ['a SQLite database', 'SQLite format 3\0'],
  ['a Microsoft Access database', '\0\x01\0\0Standard ACE DB\0'],
  ['an image (PNG)', '\x89PNG\r\n\x1a\n'],
  ['an image (JPEG)', '\xff\xd8\xff\xe0\0\x10JFIF'],
  ['an image (TIFF)', 'II*\0\x08'],
  ['an image (DICOM)', `${'\0'.repeat(128)}DICM`],
  ['an archive (7-Zip)', '7z\xbc\xaf\x27\x1c'],
  ['an archive (RAR)', 'Rar!\x1a\x07\0'],
  ['an archive (bzip2)', 'BZh91AY&SY'],
  ['an archive (Zstandard)', '\x28\xb5\x2f\xfd\x04'],
])('%s is refused by its first bytes, with a remedy', (name, start) => {
  const found = inspectFirstBytes(latin1(`${start}rest of the file`));
  expect(found).toEqual({
    unsupported: expect.objectContaining({ name: expect.stringContaining(name), remedy: expect.stringMatching(/\.$/) }),
  });
});

test.each(['@records.csv', '/home/lab/records.xlsx\n', 'C:\\lab\\may.csv\r\n'])('%j is the name of a file', (start) => {
  expect(inspectFirstBytes(Buffer.from(start))).toMatchObject({
    unsupported: { name: 'the name of a file, not the file' },
  });
});

test(`text of 76 characters in each line is Base64`, () => {
  const lines = Array.from({ length: 20 }, () => 'aWQsY2x1bXBfdGhpY2tu'.padEnd(76, 'Q'));
  expect(inspectFirstBytes(Buffer.from(lines.join('\n')))).toMatchObject({
    unsupported: { name: expect.stringContaining('Base64') },
  });
});

test.each([
  '@id,mitoses\n1,5\n',
  'records.csv\n1\n',
  'a.csv,b.csv\n',
  'insert,into\n',
  'Copy of results from Pathology\nid,mitoses\n',
  'Copy number from PCR,mitoses\n',
  'copy\tid\n',
  'samplecodenumberclumpthicknessuniformityofcellsizeuniformityofcell\n1\n',
  'PAR1,PAR2,id\n',
  'PK,id\n',
  'ORC_ID,clump\n',
  'RAR,TAR\n',
  'BZh1,BZh2\n',
  'GIF,JPEG\n',
  'X,Y\n',
  'A\n2\n3\n',
  '%PDF,id\n',
  '[id],[mitoses]\n1,2\n',
  '{id};{x}\n',
  '<5,>10\n',
  '',
  'MM,II\n',
  '$FL,id\n',
  '# comment\nid,x\n',
  'RIFF,WEBP\n',
])('%j is text', (start) => {
  expect(inspectFirstBytes(Buffer.from(start))).toEqual({ signature: 'text' });
});

test.each([
  '{"id": 1}\n',
  '\ufeff {}\n',
  '[{"id": 1}]',
  '[\n  {\n    "id": 1',
  '[["id"],[1]]',
  '["id","mitoses"]\n[1,2]\n',
  '[]',
  '{\n  "id"',
])('%j is JSON', (start) => {
  expect(inspectFirstBytes(Buffer.from(start))).toEqual({ signature: 'json' });
});

test('JSON of PowerShell, in UTF-16, is JSON', () => {
  expect(inspectFirstBytes(Buffer.from('\ufeff[{"id":1}]', 'utf16le'))).toEqual({ signature: 'json' });
});
