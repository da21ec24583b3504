import { ApiError } from '@cytoqueue/client';
import { errorMessage } from '../api/clients';
import { Button } from '../ui/button';
import { Notice } from '../ui/notice';
import { TEXTS } from './texts';

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
              {row !== undefined && row > 0 && TEXTS.uploadErrorNotice.row(row)}
              {column !== undefined && !detail.includes(column) && TEXTS.uploadErrorNotice.column(column)}
              {detail}
            </li>
          ))}
          {total > MAX_SHOWN && <li>{TEXTS.uploadErrorNotice.more(total - MAX_SHOWN)}</li>}
        </ul>
      )}
      {onRetry !== undefined && !(error instanceof ApiError && error.status === 422) && (
        <Button onPress={onRetry}>{TEXTS.uploadErrorNotice.tryAgain}</Button>
      )}
    </Notice>
  );
}
