import { Failure } from '../design/failure';
import { Loading } from '../design/loading';
import { usePageTitle } from '../design/page-title';
import { useChampion } from '../models/model-queries';
import { useDraft } from './draft-context';
import { EntryForm } from './entry-form';

export function NewPage() {
  usePageTitle('New record');
  const [draft, change] = useDraft();
  const { data: version, error, refetch } = useChampion(draft.model);
  return (
    <div className="page">
      <h1>New record</h1>
      <p className="lead">
        Nine grades of a fine needle aspirate, each from 1, as in normal tissue, to 10, most abnormal. Type them one after
        the other, or paste a line from your sheet into the first field.
      </p>
      {error !== null && <Failure error={error} what="The model’s description could not be loaded." onRetry={() => void refetch()} />}
      {version === undefined ? error === null && <Loading /> : <EntryForm key={version.digest} version={version} draft={draft} change={change} />}
    </div>
  );
}
