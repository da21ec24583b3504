import { ApiError, mayHaveSucceeded } from '@cytoqueue/client';
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

/**
 * Shows that a change failed, or that this is not known: when the response was lost, the change may have been made.
 *
 * @param what says that it was not made, as a full sentence
 */
export function ChangeErrorNotice({ error, what }: Pick<ErrorNoticeProps, 'error' | 'what'>) {
  return <ErrorNotice error={error} what={mayHaveSucceeded(error) ? TEXTS.outcomeUnknown : what} />;
}
