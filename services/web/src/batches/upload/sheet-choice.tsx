import { ApiError } from '@cytoqueue/client';
import { type FormEvent, useState } from 'react';
import { Button } from '../../ui/button';
import { SelectField } from '../../ui/select-field';
import { TextField } from '../../ui/text-field';

const SHEET_CODES = ['several-sheets', 'sheet-not-found'];

export function needsSheet(error: unknown): boolean {
  return error instanceof ApiError && error.errors.some(({ code }) => SHEET_CODES.includes(code));
}

/** The sheets that the refusal names; it names at most twenty. */
export function sheetsOf(error: unknown): string[] {
  const detail = error instanceof ApiError ? error.errors.find(({ code }) => SHEET_CODES.includes(code))?.detail : '';
  const list =
    /(?:sheets with rows|Its sheets): (.*?)(?: and \d+ more)?\.(?: Choose| *$)/.exec(detail ?? '')?.[1] ?? '';
  return list.split(/(?<=" \(hidden\)|"), (?=")/).flatMap((item) => /^"(.*)"(?: \(hidden\))?$/.exec(item)?.[1] ?? []);
}

interface SheetChoiceProps {
  error: unknown;
  onChoose: (sheet: string) => void;
}

/** Asks for the sheet of a workbook in which several sheets have rows. */
export function SheetChoice({ error, onChoose }: SheetChoiceProps) {
  const sheets = sheetsOf(error);
  const [sheet, setSheet] = useState(sheets[0] ?? '');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onChoose(sheet.trim());
  };
  return (
    <form className="panel stack" onSubmit={submit}>
      {sheets.length > 0 ? (
        <SelectField
          label="Sheet to score"
          value={sheet}
          onChange={setSheet}
          description="Several sheets are never scored together."
        >
          {sheets.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
      ) : (
        <TextField label="Sheet to score" value={sheet} onChange={setSheet} isRequired autoComplete="off" />
      )}
      <Button type="submit" variant="primary">
        Check this sheet
      </Button>
    </form>
  );
}
