import { useIsFetching } from '@tanstack/react-query';
import { isRetryable } from '../api/clients';

/** Says that the service is away while something on the page is being tried again; what is shown stays shown. */
export function ConnectionBanner() {
  const retrying = useIsFetching({
    predicate: ({ state }) => state.fetchFailureCount > 0 && isRetryable(state.fetchFailureReason),
  });
  return (
    <div role="status" className="connection" data-away={retrying > 0 || undefined}>
      {retrying > 0 &&
        'The service does not answer right now. This page tries again by itself; nothing you sent is lost.'}
    </div>
  );
}
