import { ApiError, type ModelVersion } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { Suspense, lazy } from 'react';
import { Link, useParams } from 'react-router';
import { reader } from '../api';
import { BASE_PATH } from '../base-path';
import { Failure } from '../design/failure';
import { Loading } from '../design/loading';
import { usePageTitle } from '../design/page-title';
import { Panel } from '../design/panel';
import { FeatureTable } from './feature-table';
import { FigureTable } from './figure-table';
import { useVersion } from './model-queries';

/** The reader of Markdown is as large as the rest of the page. */
const Card = lazy(async () => ({ default: (await import('./card')).Card }));

export function VersionPage() {
  const { name = '', version = '' } = useParams();
  usePageTitle(`${name} ${version}`);
  const { data, error, refetch } = useVersion(name, version);
  const isUnknown = error instanceof ApiError && error.status === 404;
  return (
    <div className="page">
      <p className="crumb small"><Link to="/models">Models</Link></p>
      <h1>{isUnknown ? 'There is no such version' : `${name} ${version}`}</h1>
      {error !== null && !isUnknown && <Failure error={error} what="The version could not be loaded." onRetry={() => void refetch()} />}
      {data === undefined ? error === null && <Loading /> : <Version version={data} />}
    </div>
  );
}

function Version({ version }: { version: ModelVersion }) {
  return (
    <>
      <Panel title="Limits of use">
        <ul className="limits">{version.limits_of_use.map((limit) => <li key={limit}>{limit}</li>)}</ul>
      </Panel>
      <FigureTable name={version.name} version={version.version} />
      <FeatureTable features={version.features} />
      <CardPanel version={version} />
    </>
  );
}

function CardPanel({ version: { name, version } }: { version: ModelVersion }) {
  const { data, error, isPending } = useQuery({
    queryKey: ['card', name, version],
    queryFn: ({ signal }) => reader.getModelCard(name, version, { signal }),
    staleTime: Infinity,
  });
  if (isPending) return <Loading />;
  if (error instanceof ApiError && error.status === 404) return <p className="muted">No card is kept of this version: it did not come with Cytoqueue.</p>;
  if (error !== null) return <Failure error={error} what="The card could not be loaded." />;
  return <Suspense fallback={<Loading />}><Card markdown={data} plots={`${BASE_PATH}/v1/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}/plots/`} /></Suspense>;
}
