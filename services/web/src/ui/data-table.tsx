import type { Key, ReactNode } from 'react';
import { TableScroll } from './table-scroll';
import { ui } from './styles';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  isNumber?: boolean;
  /** Whether browsers must not translate the cells: numbers, names, identifiers. */
  isVerbatim?: boolean;
}

interface DataTableProps<Row> {
  label: string;
  rows: readonly Row[];
  rowKey: (row: Row, index: number) => Key;
  /** The first one names the row. */
  columns: readonly Column<Row>[];
}

/** A table that becomes cards on narrow screens. */
export function DataTable<Row>({ label, rows, rowKey, columns }: DataTableProps<Row>) {
  return (
    <TableScroll label={label}>
      <table className={`${ui.list} ${ui.compact} ${ui.cards}`}>
        <thead>
          <tr>
            {columns.map(({ title, isNumber = false }) => (
              <th key={title} scope="col" className={isNumber ? ui.number : ''}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={rowKey(row, index)}>
              {columns.map(({ title, cell, isNumber = false, isVerbatim = isNumber }, column) =>
                column === 0 ? (
                  <th key={title} scope="row" translate={isVerbatim ? 'no' : 'yes'}>
                    {cell(row)}
                  </th>
                ) : (
                  <td
                    key={title}
                    data-label={title}
                    className={isNumber ? ui.number : ''}
                    translate={isVerbatim ? 'no' : 'yes'}
                  >
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}
