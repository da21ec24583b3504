import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorNotice } from './error-notice';
import { Loading } from './loading';

interface QueryStateProps<Data> {
  query: UseQueryResult<Data>;
  /** The failed action, as a full sentence. */
  what: string;
  children: (data: Data) => ReactNode;
}

/** Shows what a query has loaded, with a notice above it when a later request failed. */
export function QueryState<Data>({ query: { data, error, refetch }, what, children }: QueryStateProps<Data>) {
  return (
    <>
      {error !== null && <ErrorNotice error={error} what={what} onRetry={() => void refetch()} />}
      {data === undefined ? error === null && <Loading /> : children(data)}
    </>
  );
}
