import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { uniqueNames, type ResultColumn, type ResultTable } from './result-table';

/** A row group is held in memory: it ends at either bound. */
const GROUP_ROWS = 16_384;
const GROUP_CHARS = 8 * 1024 * 1024;

type Writer = InstanceType<typeof ParquetWriter>;
type Schema = ConstructorParameters<typeof ParquetWriter>[0]['schema'];

/** Flat columns: INT64, DOUBLE or UTF-8 text; those of ours are nullable. */
export async function* writeParquet({ columns, rows }: ResultTable): AsyncGenerator<Uint8Array> {
  const names = uniqueNames(columns);
  const bytes = new GroupBytes();
  const writer = new ParquetWriter({ writer: bytes, schema: schemaOf(columns, names), createdBy: 'cytoqueue' });
  let group = new RowGroup(columns);
  for await (const cells of rows) {
    group.add(cells);
    if (!group.isFull) continue;
    group.write(writer, names);
    group = new RowGroup(columns);
    yield bytes.take();
  }
  if (group.rows > 0) group.write(writer, names);
  void writer.finish();
  yield bytes.take();
}

/** Gives out what was written so far; places in the file go on counting. */
class GroupBytes extends ByteWriter {
  take(): Uint8Array {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return bytes;
  }
}

class RowGroup {
  rows = 0;
  private chars = 0;
  private readonly values: unknown[][];

  constructor(private readonly columns: readonly ResultColumn[]) {
    this.values = columns.map(() => []);
  }

  get isFull(): boolean {
    return this.rows >= GROUP_ROWS || this.chars >= GROUP_CHARS;
  }

  add(cells: readonly string[]): void {
    for (let i = 0; i < this.columns.length; i++) {
      const cell = cells[i] ?? '';
      this.chars += cell.length;
      (this.values[i] as unknown[]).push(valueOf(cell, this.columns[i] as ResultColumn));
    }
    this.rows++;
  }

  write(writer: Writer, names: readonly string[]): void {
    const columnData = names.map((name, index) => ({ name, data: this.values[index] as string[] }));
    void writer.write({ columnData, rowGroupSize: this.rows });
  }
}

function valueOf(cell: string, { type }: ResultColumn): string | number | bigint | null {
  switch (type) {
    case 'integer':
      return cell === '' ? null : BigInt(cell);
    case 'number':
      return cell === '' ? null : Number(cell);
    case 'text':
      return cell === '' ? null : cell;
    case 'carried':
    case 'identifier':
      return cell;
  }
}

function schemaOf(columns: readonly ResultColumn[], names: readonly string[]): Schema {
  return [
    { name: 'results', num_children: columns.length },
    ...columns.map(({ type }, index) => elementOf(names[index] as string, type)),
  ];
}

function elementOf(name: string, type: ResultColumn['type']): Schema[number] {
  switch (type) {
    case 'integer':
      return { name, type: 'INT64', repetition_type: 'OPTIONAL' };
    case 'number':
      return { name, type: 'DOUBLE', repetition_type: 'OPTIONAL' };
    case 'text':
      return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' };
    case 'carried':
    case 'identifier':
      return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' };
  }
}
