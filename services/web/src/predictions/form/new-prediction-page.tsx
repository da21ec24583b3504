import type { Feature } from '@cytoqueue/client';
import { ErrorNotice } from '../../ui/error-notice';
import { Loading } from '../../ui/loading';
import { usePageTitle } from '../../ui/page-title';
import { useChampionVersion } from '../../models/model-queries';
import { isGrade } from './feature-value';
import { useDraft } from './draft-context';
import { RecordForm } from './record-form';

export function NewPredictionPage() {
  usePageTitle('New record');
  const [draft, change] = useDraft();
  const { data: version, error, refetch } = useChampionVersion(draft.model);
  return (
    <div className="page">
      <h1>New record</h1>
      <p className="lead">
        {featuresLead(version?.features ?? [])} Type them one after the other, or paste a line from your sheet into the
        first field.
      </p>
      {error !== null && (
        <ErrorNotice error={error} what="The model’s description could not be loaded." onRetry={() => void refetch()} />
      )}
      {version === undefined ? (
        error === null && <Loading />
      ) : (
        <RecordForm key={version.digest} version={version} draft={draft} change={change} />
      )}
    </div>
  );
}

function featuresLead(features: readonly Feature[]): string {
  if (features.every(isGrade))
    return 'Nine grades of a fine needle aspirate, each from 1, as in normal tissue, to 10, most abnormal.';
  return `${features.length} measurements of the cell nuclei in a digitised image of a fine needle aspirate.`;
}
