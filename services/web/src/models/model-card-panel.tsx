import { ApiError, versionPath } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { Suspense, lazy } from 'react';
import { BASE_PATH } from '../api/base-path';
import { noRetryClient } from '../api/clients';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

/** Loaded separately: the Markdown renderer is as large as the rest of the page. */
const ModelCard = lazy(async () => ({ default: (await import('./model-card')).ModelCard }));

export function ModelCardPanel({ name, version }: { name: string; version: string }) {
  const { data, error, isPending } = useQuery({
    queryKey: ['card', name, version],
    queryFn: ({ signal }) => noRetryClient.getModelCard(name, version, { signal }),
    staleTime: Infinity,
  });
  if (isPending) return <Loading />;
  if (error instanceof ApiError && error.status === 404) return <p className={ui.muted}>{TEXTS.modelCard.none}</p>;
  if (error !== null) return <ErrorNotice error={error} what={TEXTS.modelCard.loadFailed} />;
  return (
    <Suspense fallback={<Loading />}>
      <ModelCard markdown={data} plots={`${BASE_PATH}${versionPath(name, version)}/plots/`} />
    </Suspense>
  );
}
