import { ApiError, type Training, isTrainingFinished } from '@cytoqueue/client';
import { Link, useParams } from 'react-router';
import { failureOf } from '../api/clients';
import { ErrorNotice } from '../ui/error-notice';
import { formatCount, formatDateTime, formatDuration } from '../ui/format';
import { Loading } from '../ui/loading';
import { Notice } from '../ui/notice';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { Progress } from '../ui/progress';
import { TrainingActions } from './training-actions';
import { STATUS_LABELS, schemaLabel } from './training-labels';
import { useTraining } from './training-queries';
import { TrainingResult } from './training-result';

export function TrainingPage() {
  usePageTitle('Training');
  const { id = '' } = useParams();
  const query = useTraining(id);
  const failure = failureOf(query);
  if (failure !== null) return <TrainingError error={failure} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Loading>Looking up the training …</Loading>;
  return <TrainingArticle key={query.data.id} training={query.data} />;
}

function TrainingArticle({ training }: { training: Training }) {
  const { name, status, created_at: createdAt, error } = training;
  return (
    <article className="page">
      <header className="page-head">
        <div>
          <p className="crumb small">
            <Link to="/trainings">Trainings</Link>
          </p>
          <h1 translate="no">{`own/${name}`}</h1>
          <p className="small muted">Sent {formatDateTime(createdAt)} · not a medical device</p>
        </div>
        <p className={`state ${status}`} role="status">
          {STATUS_LABELS[status]}
        </p>
      </header>
      <TrainingActions training={training} />
      {!isTrainingFinished(training) && (
        <Panel title="Training" lead="This page updates automatically; you can leave it.">
          <Progress label="Cross-validation" share={training.progress} text={progressText(training)} />
        </Panel>
      )}
      {error !== null && (
        <Notice tone="error">
          <p>
            <strong>No model was trained.</strong> {error.detail}
          </p>
        </Notice>
      )}
      {training.model !== null && training.evaluation !== null && (
        <TrainingResult model={training.model} evaluation={training.evaluation} />
      )}
      <TrainingDataPanel training={training} />
    </article>
  );
}

function progressText({ status, progress, eta_seconds: eta }: Training): string {
  const percent = `${Math.floor(progress * 100)}\u00a0%`;
  if (status === 'queued') return `${percent}; single records and files go first`;
  return eta === null ? percent : `${percent}, about ${formatDuration(eta)} left`;
}

function TrainingDataPanel({ training: { filename, schema, label, group, seed, data } }: { training: Training }) {
  const classes = Object.entries(data.classes).map(([name, count]) => `${formatCount(count)} ${name}`);
  const facts = [
    ['File', filename ?? 'unnamed'],
    ['Rows', rowsText(data)],
    ['Features', `${formatCount(data.features)}: ${schemaLabel(schema)}`],
    ['Classes', `${classes.join(', ')}; column ${label}`],
    ['Patients', group === null ? 'every row counts as another patient' : `column ${group}`],
    ['Seed', String(seed)],
  ];
  return (
    <Panel title="Training data">
      <dl className="facts">
        {facts.map(([term, text]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <p className="small muted digest">
        SHA-256 of the uploaded file: <code>{data.input_sha256}</code>
      </p>
    </Panel>
  );
}

function rowsText({ rows, complete_rows: complete }: Training['data']): string {
  return complete === rows
    ? `${formatCount(rows)}, all complete`
    : `${formatCount(rows)}, of which ${formatCount(complete)} are complete and used`;
}

function TrainingError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const isUnknown = error instanceof ApiError && (error.status === 404 || error.status === 410);
  return (
    <div className="page narrow stack">
      <h1>{isUnknown ? 'No such training' : 'The training could not be shown'}</h1>
      {isUnknown ? (
        <p>
          It may have been deleted, may belong to another laboratory, or the address may be incomplete. A version that
          it has made is still among the models.
        </p>
      ) : (
        <ErrorNotice error={error} what="The training could not be loaded." onRetry={onRetry} />
      )}
      <p>
        <Link to="/trainings">All trainings</Link>
      </p>
    </div>
  );
}
