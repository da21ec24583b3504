import { ApiError } from '@cytoqueue/client';
import { errorMessage } from '../api/clients';
import { Button } from '../ui/button';
import { Notice } from '../ui/notice';

interface UploadErrorNoticeProps {
  error: unknown;
  what: string;
  onRetry?: () => void;
}

const MAX_SHOWN = 12;

/** Lists why a file was refused, with row and column. */
export function UploadErrorNotice({ error, what, onRetry }: UploadErrorNoticeProps) {
  const items = error instanceof ApiError ? error.errors : [];
  const total = error instanceof ApiError ? error.totalErrors : 0;
  return (
    <Notice tone="error">
      <p>
        <strong>{what}</strong> {items.length === 0 && errorMessage(error)}
      </p>
      {items.length > 0 && (
        <ul>
          {items.slice(0, MAX_SHOWN).map(({ row, column, detail }, index) => (
            // Errors may repeat.
            <li key={index}>
              {row !== undefined && row > 0 && `Row ${row}: `}
              {column !== undefined && !detail.includes(column) && `${column}: `}
              {detail}
            </li>
          ))}
          {total > MAX_SHOWN && <li>and {total - MAX_SHOWN} more</li>}
        </ul>
      )}
      {onRetry !== undefined && !(error instanceof ApiError && error.status === 422) && (
        <Button onPress={onRetry}>Try again</Button>
      )}
    </Notice>
  );
}
