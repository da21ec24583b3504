import { SelectField } from '../../ui/select-field';
import { TextField } from '../../ui/text-field';

interface ColumnFieldProps {
  label: string;
  description?: string;
  /** undefined where the file's header cannot be read; the name is typed then. */
  columns: readonly string[] | undefined;
  emptyOption: string;
  value: string;
  onChange: (column: string) => void;
}

export function ColumnField({ columns, emptyOption, ...field }: ColumnFieldProps) {
  if (columns === undefined) return <TextField {...field} autoComplete="off" />;
  return (
    <SelectField {...field}>
      <option value="">{emptyOption}</option>
      {[...new Set(columns)]
        .filter((column) => column !== '')
        .map((column) => (
          <option key={column} value={column} translate="no">
            {column}
          </option>
        ))}
    </SelectField>
  );
}
