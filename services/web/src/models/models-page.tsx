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
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import styles from './models.module.css';

export function ModelsPage() {
  usePageTitle(TEXTS.models);
  const { data: models, error, refetch } = useModels();
  const session = useSession();
  return (
    <div className={ui.page}>
      <h1>{TEXTS.models}</h1>
      <p className={ui.lead}>{TEXTS.modelsPage.lead}</p>
      {error !== null && (
        <ErrorNotice error={error} what={TEXTS.modelsPage.loadFailed} onRetry={() => void refetch()} />
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
      <ul className={styles.versions}>
        {[...versions].reverse().map((version) => (
          <li key={version}>
            <Link to={modelAddress(name, version)}>{modelLabel({ name, version })}</Link>{' '}
            {version === champion && <span className={ui.chip}>{TEXTS.modelsPage.inUse}</span>}{' '}
            {defaults?.model === modelReference({ name, version }) && (
              <span className={ui.chip}>{TEXTS.modelsPage.isDefault}</span>
            )}
          </li>
        ))}
      </ul>
      <details>
        <summary>{TEXTS.modelsPage.history}</summary>
        <TableScroll label={TEXTS.modelsPage.historyOf(name)}>
          <table className={`${ui.list} ${ui.compact}`}>
            <thead>
              <tr>
                <th scope="col">{TEXTS.modelsPage.when}</th>
                <th scope="col">{TEXTS.modelsPage.version}</th>
                <th scope="col">{TEXTS.modelsPage.by}</th>
              </tr>
            </thead>
            <tbody>
              {[...history].reverse().map(({ version, promoted_at, promoted_by }) => (
                <tr key={promoted_at}>
                  <td className={ui.nowrap}>{formatDateTime(promoted_at)}</td>
                  <td>{version}</td>
                  <td>{promoted_by === 'shipped' ? TEXTS.modelsPage.shipped : promoted_by}</td>
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
        <strong>{TEXTS.modelsPage.isAvailable(modelLabel({ name, version: newer }))}</strong>{' '}
        {champion === null ? TEXTS.modelsPage.noneInUse : TEXTS.modelsPage.stillScores(champion)}
      </p>
      <p>
        {TEXTS.modelsPage.compare(
          (text) => (
            <Link to={modelAddress(name, newer)}>{text}</Link>
          ),
          newer,
        )}{' '}
        {isPlatform ? TEXTS.modelsPage.byYou : TEXTS.modelsPage.byPlatform}
      </p>
    </Notice>
  );
}
