import type { ModelSummary, Role } from '@cytoqueue/client';
import { Link } from 'react-router';
import { ErrorNotice } from '../ui/error-notice';
import { Loading } from '../ui/loading';
import { formatDateTime } from '../ui/format';
import { Notice } from '../ui/notice';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { useSession } from '../session/use-session';
import { ChampionActions } from './champion-actions';
import { ModelFacts } from './model-facts';
import { useDefaults, useModels } from './model-queries';
import { TableScroll } from '../ui/table-scroll';
import { isOwnModel, modelAddress, modelLabel, modelReference } from './model-reference';

export function ModelsPage() {
  usePageTitle('Models');
  const { data: models, error, refetch } = useModels();
  const session = useSession();
  return (
    <div className="page">
      <h1>Models</h1>
      <p className="lead">
        A version never changes. Of each model one version is in use; what was sent before a change stays with the
        version it was sent to.
      </p>
      {error !== null && (
        <ErrorNotice error={error} what="The models could not be loaded." onRetry={() => void refetch()} />
      )}
      {models === undefined && error === null && <Loading />}
      {models?.map((model) => (
        <Model key={model.name} model={model} role={session?.role} isPlatform={session?.platform === true} />
      ))}
    </div>
  );
}

interface ModelProps {
  model: ModelSummary;
  role: Role | undefined;
  isPlatform: boolean;
}

function Model({ model, role, isPlatform }: ModelProps) {
  const { name, versions, champion, history } = model;
  const { data: defaults } = useDefaults();
  return (
    <Panel title={name}>
      {role === 'admin' && <NewerVersionNotice model={model} isPlatform={isPlatform} />}
      {champion !== null && <ModelFacts name={name} version={champion} />}
      <ul className="versions">
        {[...versions].reverse().map((version) => (
          <li key={version}>
            <Link to={modelAddress(name, version)}>{modelLabel({ name, version })}</Link>{' '}
            {version === champion && <span className="chip">in use</span>}{' '}
            {defaults?.model === modelReference({ name, version }) && (
              <span className="chip">your laboratory’s default</span>
            )}
          </li>
        ))}
      </ul>
      <details>
        <summary>History of versions in use</summary>
        <TableScroll label={`History of ${name}`}>
          <table className="list compact">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Version</th>
                <th scope="col">By</th>
              </tr>
            </thead>
            <tbody>
              {[...history].reverse().map(({ version, promoted_at, promoted_by }) => (
                <tr key={promoted_at}>
                  <td className="nowrap">{formatDateTime(promoted_at)}</td>
                  <td>{version}</td>
                  <td>{promoted_by === 'shipped' ? 'came with Cytoqueue' : promoted_by}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroll>
      </details>
      {(isPlatform || (role === 'admin' && isOwnModel(name))) && <ChampionActions model={model} />}
    </Panel>
  );
}

/** Tells admins that an installation still uses an earlier version than the one it came with. */
function NewerVersionNotice({ model, isPlatform }: Omit<ModelProps, 'role'>) {
  const { name, champion, newer_version: newer } = model;
  if (newer === null) return null;
  return (
    <Notice tone="warning">
      <p>
        <strong>
          {name} {newer} is available and not in use.
        </strong>{' '}
        {champion === null ? 'No version is in use.' : `Version ${champion} still scores new records and files.`}
      </p>
      <p>
        Compare the <Link to={modelAddress(name, newer)}>performance of {newer}</Link> with the version in use before
        you change it.{' '}
        {isPlatform ? 'You can make it current below.' : 'A platform key of your installation makes it current.'}
      </p>
    </Notice>
  );
}
