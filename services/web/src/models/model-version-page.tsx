import { ApiError, type ModelVersion } from '@cytoqueue/client';
import { Link, useParams } from 'react-router';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { ComparisonsPanel } from './comparisons-panel';
import { DeleteVersion } from './delete-version';
import { FeatureTable } from './feature-table';
import { ModelCardPanel } from './model-card-panel';
import { modelLabel } from './model-reference';
import { ScoreTiles } from './score-tiles';
import { useModelVersion } from './model-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

export function ModelVersionPage() {
  const { name: shared = '', ownName, version = '' } = useParams();
  const name = ownName === undefined ? shared : `own/${ownName}`;
  usePageTitle(modelLabel({ name, version }));
  const { data, error, refetch } = useModelVersion(name, version);
  const isUnknown = error instanceof ApiError && error.status === 404;
  return (
    <div className={ui.page}>
      <p className={ui.crumb}>
        <Link to="/models">{TEXTS.models}</Link>
      </p>
      <h1>{isUnknown ? TEXTS.modelVersionPage.unknown : modelLabel({ name, version })}</h1>
      {error !== null && !isUnknown && (
        <ErrorNotice error={error} what={TEXTS.modelVersionPage.loadFailed} onRetry={() => void refetch()} />
      )}
      {data === undefined ? error === null && <Loading /> : <VersionDetails version={data} />}
    </div>
  );
}

function VersionDetails({ version }: { version: ModelVersion }) {
  return (
    <>
      <Panel title={TEXTS.modelVersionPage.limits}>
        <ul className={ui.bullets}>
          {version.limits_of_use.map((limit) => (
            <li key={limit}>{limit}</li>
          ))}
        </ul>
      </Panel>
      <ScoreTiles version={version} />
      <ComparisonsPanel version={version} />
      <FeatureTable features={version.features} />
      <ModelCardPanel name={version.name} version={version.version} />
      <DeleteVersion name={version.name} version={version.version} />
    </>
  );
}
