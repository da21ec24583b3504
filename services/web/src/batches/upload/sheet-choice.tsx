import { ApiError } from '@cytoqueue/client';
import { type FormEvent, useState } from 'react';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/text-field';

const SHEET_CODES = ['several-sheets', 'sheet-not-found'];

export function needsSheet(error: unknown): boolean {
  return error instanceof ApiError && error.errors.some(({ code }) => SHEET_CODES.includes(code));
}

/** Asks for the sheet of a workbook in which several sheets have rows; the refusal above it names them. */
export function SheetChoice({ onChoose }: { onChoose: (sheet: string) => void }) {
  const [sheet, setSheet] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onChoose(sheet.trim());
  };
  return (
    <form className="panel stack" onSubmit={submit}>
      <TextField
        label="Sheet to score"
        value={sheet}
        onChange={setSheet}
        isRequired
        autoComplete="off"
        description="One of the names listed above. Several sheets are never scored together."
      />
      <Button type="submit" variant="primary">
        Check this sheet
      </Button>
    </form>
  );
}
