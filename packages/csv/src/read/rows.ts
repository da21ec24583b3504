import type { Dialect } from '../dialect';
import { WasmRowReader } from '../wasm/row-reader';
import type { RowOptions, RowTable } from './row-table';

let shared: WasmRowReader | undefined;

/**
 * One pass over the bytes of a shard without a string or an object per row. Empty lines are no rows.
 * A plain cell is, between blanks, an integer 1..maxValue (leading zeros and `.0` allowed) or a missing token.
 * @throws RangeError when `wanted` names a column twice or one that the header has not.
 */
export function readRows(bytes: Uint8Array, dialect: Dialect, options: RowOptions): RowTable {
  shared ??= new WasmRowReader();
  const { rows, ...columns } = shared.read(bytes, dialect, options);
  const copies = Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column.slice()]));
  return { rows, ...copies } as unknown as RowTable;
}
