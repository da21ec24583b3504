import { ApiError } from '@cytoqueue/client';
import { errorMessage } from '../api/clients';
import { Button } from './button';
import { Notice } from './notice';
import { TEXTS } from './texts';
import { ui } from './styles';

interface ErrorNoticeProps {
  error: unknown;
  /** The failed action, as a full sentence. */
  what: string;
  onRetry?: () => void;
}

/** Shows what failed, why, the request id for support, and a button to retry. */
export function ErrorNotice({ error, what, onRetry }: ErrorNoticeProps) {
  const requestId = error instanceof ApiError ? error.requestId : undefined;
  return (
    <Notice tone="error">
      <p>
        <strong>{what}</strong> {errorMessage(error)}
      </p>
      {requestId !== undefined && (
        <p className={ui.small}>
          {TEXTS.request} <code>{requestId}</code>
        </p>
      )}
      {onRetry !== undefined && <Button onPress={onRetry}>{TEXTS.tryAgain}</Button>}
    </Notice>
  );
}
