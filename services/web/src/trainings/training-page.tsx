import { ApiError, type Training, isTrainingFinished } from '@cytoqueue/client';
import { Link, useParams } from 'react-router';
import { blockingErrorOf } from '../api/clients';
import { ErrorNotice } from '../ui/error-notice';
import { formatCount, formatDateTime, formatDuration } from '../ui/format';
import { Loading } from '../ui/loading';
import { Notice } from '../ui/notice';
import { usePageTitle } from '../ui/page-title';
import { Panel } from '../ui/panel';
import { Progress } from '../ui/progress';
import { TrainingActions } from './training-actions';
import { schemaLabel } from './training-labels';
import { useTraining } from './training-queries';
import { TrainingResult } from './training-result';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import { StateLabel } from '../ui/state-label';

export function TrainingPage() {
  usePageTitle(TEXTS.trainingPage.title);
  const { id = '' } = useParams();
  const query = useTraining(id);
  const failure = blockingErrorOf(query);
  if (failure !== null) return <TrainingError error={failure} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Loading>{TEXTS.trainingPage.lookingUp}</Loading>;
  return <TrainingArticle key={query.data.id} training={query.data} />;
}

function TrainingArticle({ training }: { training: Training }) {
  const { name, status, created_at: createdAt, error } = training;
  return (
    <article className={ui.page}>
      <header className={ui.pageHead}>
        <div>
          <p className={ui.crumb}>
            <Link to="/trainings">{TEXTS.trainings}</Link>
          </p>
          <h1 translate="no">{`own/${name}`}</h1>
          <p className={ui.note}>{TEXTS.trainingPage.sent(formatDateTime(createdAt))}</p>
        </div>
        <StateLabel state={status}>{TEXTS.status[status]}</StateLabel>
      </header>
      <TrainingActions training={training} />
      {!isTrainingFinished(training) && (
        <Panel title={TEXTS.trainingPage.title} lead={TEXTS.trainingPage.lead}>
          <Progress
            label={TEXTS.trainingPage.crossValidation}
            share={training.progress}
            text={progressText(training)}
          />
        </Panel>
      )}
      {error !== null && (
        <Notice tone="error">
          <p>
            <strong>{TEXTS.trainingPage.noModel}</strong> {error.detail}
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
  const percent = TEXTS.trainingPage.percent(Math.floor(progress * 100));
  if (status === 'queued') return TEXTS.trainingPage.queued(percent);
  return eta === null ? percent : TEXTS.trainingPage.timeLeft(percent, formatDuration(eta));
}

function TrainingDataPanel({ training: { filename, schema, label, group, seed, data } }: { training: Training }) {
  const classes = Object.entries(data.classes).map(([name, count]) =>
    TEXTS.trainingPage.classCount(formatCount(count), name),
  );
  const facts = [
    [TEXTS.trainingPage.file, filename ?? TEXTS.unnamed],
    [TEXTS.trainingPage.rows, rowsText(data)],
    [TEXTS.trainingPage.features, TEXTS.trainingPage.featuresText(formatCount(data.features), schemaLabel(schema))],
    [TEXTS.trainingPage.classes, TEXTS.trainingPage.classesText(classes, label)],
    [TEXTS.trainingPage.patients, group === null ? TEXTS.trainingPage.everyRow : TEXTS.trainingPage.column(group)],
    [TEXTS.trainingPage.seed, String(seed)],
  ];
  return (
    <Panel title={TEXTS.trainingPage.data}>
      <dl className={ui.facts}>
        {facts.map(([term, text]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <p className={`${ui.note} ${ui.digest}`}>
        {TEXTS.trainingPage.digest} <code>{data.input_sha256}</code>
      </p>
    </Panel>
  );
}

function rowsText({ rows, complete_rows: complete }: Training['data']): string {
  return complete === rows
    ? TEXTS.trainingPage.allComplete(formatCount(rows))
    : TEXTS.trainingPage.someComplete(formatCount(rows), formatCount(complete));
}

function TrainingError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const isUnknown = error instanceof ApiError && (error.status === 404 || error.status === 410);
  return (
    <div className={`${ui.page} ${ui.narrow} ${ui.stack}`}>
      <h1>{isUnknown ? TEXTS.trainingPage.unknown : TEXTS.trainingPage.failed}</h1>
      {isUnknown ? (
        <p>{TEXTS.trainingPage.unknownText}</p>
      ) : (
        <ErrorNotice error={error} what={TEXTS.trainingPage.loadFailed} onRetry={onRetry} />
      )}
      <p>
        <Link to="/trainings">{TEXTS.trainingPage.all}</Link>
      </p>
    </div>
  );
}
