import { ApiError, type ModelVersion, versionPath } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { Suspense, lazy } from 'react';
import { Link, useParams } from 'react-router';
import { noRetryClient } from '../api/clients';
import { BASE_PATH } from '../api/base-path';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { FeatureTable } from './feature-table';
import { modelLabel } from './model-reference';
import { ScoreTiles } from './score-tiles';
import { useModelVersion } from './model-queries';

/** Loaded separately: the Markdown renderer is as large as the rest of the page. */
const ModelCard = lazy(async () => ({ default: (await import('./model-card')).ModelCard }));

export function ModelVersionPage() {
  const { name = '', version = '' } = useParams();
  usePageTitle(modelLabel({ name, version }));
  const { data, error, refetch } = useModelVersion(name, version);
  const isUnknown = error instanceof ApiError && error.status === 404;
  return (
    <div className="page">
      <p className="crumb small">
        <Link to="/models">Models</Link>
      </p>
      <h1>{isUnknown ? 'There is no such version' : modelLabel({ name, version })}</h1>
      {error !== null && !isUnknown && (
        <ErrorNotice error={error} what="The version could not be loaded." onRetry={() => void refetch()} />
      )}
      {data === undefined ? error === null && <Loading /> : <VersionDetails version={data} />}
    </div>
  );
}

function VersionDetails({ version }: { version: ModelVersion }) {
  return (
    <>
      <Panel title="Limits of use">
        <ul className="limits">
          {version.limits_of_use.map((limit) => (
            <li key={limit}>{limit}</li>
          ))}
        </ul>
      </Panel>
      <ScoreTiles version={version} />
      <FeatureTable features={version.features} />
      <ModelCardPanel version={version} />
    </>
  );
}

function ModelCardPanel({ version: { name, version } }: { version: ModelVersion }) {
  const { data, error, isPending } = useQuery({
    queryKey: ['card', name, version],
    queryFn: ({ signal }) => noRetryClient.getModelCard(name, version, { signal }),
    staleTime: Infinity,
  });
  if (isPending) return <Loading />;
  if (error instanceof ApiError && error.status === 404)
    return <p className="muted">No card is kept of this version: it did not come with Cytoqueue.</p>;
  if (error !== null) return <ErrorNotice error={error} what="The card could not be loaded." />;
  return (
    <Suspense fallback={<Loading />}>
      <ModelCard markdown={data} plots={`${BASE_PATH}${versionPath(name, version)}/plots/`} />
    </Suspense>
  );
}
