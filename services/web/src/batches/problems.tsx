import { ApiError } from '@cytoqueue/client';
import { describeError } from '../api';
import { Button } from '../design/button';
import { Notice } from '../design/notice';

interface ProblemsProps {
  error: unknown;
  what: string;
  onRetry?: () => void;
}

const SHOWN = 12;

/** Why a file was refused, with the places. */
export function Problems({ error, what, onRetry }: ProblemsProps) {
  const items = error instanceof ApiError ? error.errors : [];
  const total = error instanceof ApiError ? error.totalErrors : 0;
  return (
    <Notice tone="error">
      <p><strong>{what}</strong> {items.length === 0 && describeError(error)}</p>
      {items.length > 0 && (
        <ul>
          {items.slice(0, SHOWN).map(({ row, column, detail }, index) => (
            // Several may say the same of one place.
            <li key={index}>{row !== undefined && row > 0 && `Row ${row}: `}{column !== undefined && !detail.includes(column) && `${column}: `}{detail}</li>
          ))}
          {total > SHOWN && <li>and {total - SHOWN} more</li>}
        </ul>
      )}
      {onRetry !== undefined && !(error instanceof ApiError && error.status === 422) && <Button onPress={onRetry}>Try again</Button>}
    </Notice>
  );
}
