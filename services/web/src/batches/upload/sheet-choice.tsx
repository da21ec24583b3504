import { ApiError } from '@cytoqueue/client';
import { type FormEvent, useState } from 'react';
import { Button } from '../../ui/button';
import { SelectField } from '../../ui/select-field';
import { TextField } from '../../ui/text-field';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

const SHEET_CODES = ['several-sheets', 'sheet-not-found'];

export function needsSheet(error: unknown): error is ApiError {
  return error instanceof ApiError && error.errors.some(({ code }) => SHEET_CODES.includes(code));
}

interface SheetChoiceProps {
  error: ApiError;
  onChoose: (sheet: string) => void;
}

/** Asks for the sheet of a workbook in which several sheets have rows. */
export function SheetChoice({ error, onChoose }: SheetChoiceProps) {
  const sheets = error.errors.flatMap((each) => each.sheets ?? []);
  const [sheet, setSheet] = useState(sheets[0] ?? '');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onChoose(sheet.trim());
  };
  return (
    <form className={`${ui.panel} ${ui.stack}`} onSubmit={submit}>
      {sheets.length > 0 ? (
        <SelectField
          label={TEXTS.sheetChoice.label}
          value={sheet}
          onChange={setSheet}
          description={TEXTS.sheetChoice.help}
        >
          {sheets.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
      ) : (
        <TextField label={TEXTS.sheetChoice.label} value={sheet} onChange={setSheet} required autoComplete="off" />
      )}
      <Button type="submit" variant="primary">
        {TEXTS.sheetChoice.submit}
      </Button>
    </form>
  );
}
