import { ApiError } from '@cytoqueue/client';
import { describeError } from '../api';
import { Button } from './button';
import { Notice } from './notice';

interface FailureProps {
  error: unknown;
  /** What could not be done, as a whole sentence. */
  what: string;
  onRetry?: () => void;
}

/** What failed, why, what to quote when asking for help, and the way on. */
export function Failure({ error, what, onRetry }: FailureProps) {
  const requestId = error instanceof ApiError ? error.requestId : undefined;
  return (
    <Notice tone="error">
      <p><strong>{what}</strong> {describeError(error)}</p>
      {requestId !== undefined && <p className="small">Request <code>{requestId}</code></p>}
      {onRetry !== undefined && <Button onPress={onRetry}>Try again</Button>}
    </Notice>
  );
}
