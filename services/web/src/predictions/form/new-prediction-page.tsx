import type { ModelVersion } from '@cytoqueue/client';
import { Link } from 'react-router';
import { parseModelReference } from '../../models/model-reference';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/error-notice';
import { Loading } from '../../ui/loading';
import { Notice } from '../../ui/notice';
import { usePageTitle } from '../../ui/page-title';
import { ModelSummary } from '../../models/model-summary';
import { useChampionVersion, useDefaults, useModelVersion } from '../../models/model-queries';
import { useDraft } from './draft-context';
import { ModelChoice } from './model-choice';
import { RecordForm } from './record-form';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

export function NewPredictionPage() {
  usePageTitle(TEXTS.newPredictionPage.title);
  const [draft, change] = useDraft();
  const defaults = useDefaults();
  const { data: versionInUse, error, refetch } = useVersionToUse(draft.model, defaults.data?.model);
  const version = draft.sentVersion ?? versionInUse;
  const shownError = error ?? (defaults.data === undefined ? defaults.error : null);
  const noDefault = defaults.data === null && draft.model === undefined;
  return (
    <div className={ui.page}>
      <h1>{TEXTS.newPredictionPage.title}</h1>
      <p className={ui.lead}>
        {version !== undefined && featuresLead(version)} <Link to="/help">{TEXTS.newPredictionPage.help}</Link>
      </p>
      {version !== undefined && (
        <ModelSummary model={version} operatingPoint={draft.operatingPoint ?? defaults.data?.operating_point}>
          <ModelChoice draft={draft} change={change} defaults={defaults.data ?? undefined} labels={version.labels} />
        </ModelSummary>
      )}
      {noDefault && (
        <Notice tone="error">
          <p>{TEXTS.newPredictionPage.noDefault}</p>
          <Button onPress={() => void defaults.refetch()}>{TEXTS.newPredictionPage.tryAgain}</Button>
        </Notice>
      )}
      {shownError !== null && (
        <ErrorNotice
          error={shownError}
          what={TEXTS.newPredictionPage.loadFailed}
          onRetry={() => void (error === null ? defaults.refetch() : refetch())}
        />
      )}
      {version === undefined ? (
        shownError === null && !noDefault && <Loading />
      ) : (
        // A version with the same features keeps the form, so that a user who is typing keeps the focus.
        <RecordForm key={featureNames(version)} version={version} draft={draft} change={change} />
      )}
    </div>
  );
}

/** The current version of a chosen model, or else the version of the laboratory's settings (`name@version`). */
function useVersionToUse(chosen: string | undefined, byDefault: string | undefined) {
  const { name, version } = parseModelReference(byDefault ?? '');
  const current = useChampionVersion(chosen ?? '', chosen !== undefined);
  const pinned = useModelVersion(name, version, chosen === undefined && byDefault !== undefined);
  return chosen === undefined ? pinned : current;
}

function featureNames({ features }: ModelVersion): string {
  return features.map(({ name }) => name).join();
}

function featuresLead({ schema, schema_title, features }: ModelVersion): string {
  if (schema === 'wbc') return TEXTS.newPredictionPage.gradesLead;
  if (schema === 'wdbc') return TEXTS.newPredictionPage.measurementsLead(features.length);
  return TEXTS.newPredictionPage.ownLead(schema_title, features.length);
}
