import { uniqueNames, type ResultColumn, type ResultTable } from './result-table';

const CHUNK_CHARS = 64 * 1024;

/** One object a row, its members in the order of the columns. Numbers keep their digits. */
export async function* writeJsonLines({ columns, rows }: ResultTable): AsyncGenerator<Uint8Array> {
  const keys = uniqueNames(columns).map((name, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  let text = '';
  for await (const cells of rows) {
    for (let i = 0; i < columns.length; i++)
      text += `${keys[i]}${jsonValue(cells[i] ?? '', columns[i] as ResultColumn)}`;
    text += '}\n';
    if (text.length < CHUNK_CHARS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

function jsonValue(cell: string, { type }: ResultColumn): string {
  switch (type) {
    case 'integer':
    case 'number':
      // The shortest form of a double, as our own columns have it, is JSON as it stands.
      return cell === '' ? 'null' : cell;
    case 'text':
      return cell === '' ? 'null' : JSON.stringify(cell);
    case 'carried':
    case 'identifier':
      return JSON.stringify(cell);
  }
}
