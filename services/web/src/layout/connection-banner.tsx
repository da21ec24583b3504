import { isRetryable } from '@cytoqueue/client';
import { useIsFetching } from '@tanstack/react-query';

/** Shows that the service is unavailable while a query of the page is retried; loaded data stay visible. */
export function ConnectionBanner() {
  const retrying = useIsFetching({
    predicate: ({ state }) => state.fetchFailureCount > 0 && isRetryable(state.fetchFailureReason),
  });
  return (
    <div role="status" className="connection" data-away={retrying > 0 || undefined}>
      {retrying > 0 && 'The service is not responding. This page retries automatically; nothing you sent is lost.'}
    </div>
  );
}
