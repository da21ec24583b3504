import { isRetryable } from '@cytoqueue/client';
import { useIsFetching } from '@tanstack/react-query';
import { TEXTS } from './texts';
import styles from './layout.module.css';

/** Shows that the service is unavailable while a query of the page is retried; loaded data stay visible. */
export function ConnectionBanner() {
  const retrying = useIsFetching({
    predicate: ({ state }) => state.fetchFailureCount > 0 && isRetryable(state.fetchFailureReason),
  });
  return (
    <div role="status" className={styles.connection} data-away={retrying > 0 || undefined}>
      {retrying > 0 && TEXTS.notResponding}
    </div>
  );
}
