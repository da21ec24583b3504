import { ApiError, type Prediction } from '@cytoqueue/client';
import { useEffect, useRef } from 'react';
import { Link, useLocation, useParams } from 'react-router';
import { blockingErrorOf } from '../../api/clients';
import { ErrorNotice } from '../../ui/error-notice';
import { Loading } from '../../ui/loading';
import { formatDateTime } from '../../ui/format';
import { usePageTitle } from '../../ui/page-title';
import { Panel } from '../../ui/panel';
import { ModelSummary } from '../../models/model-summary';
import { useModelVersion } from '../../models/model-queries';
import { ResultView, ResultWithoutModel } from './result-view';
import { usePrediction } from '../prediction-queries';
import { RecordActions } from './record-actions';
import { PrintIdentity, PrintSignature } from './print-parts';
import { ReviewsPanel } from '../../reviews/reviews-panel';
import { PendingPrediction } from './pending-prediction';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

export function PredictionPage() {
  usePageTitle(TEXTS.predictionPage.title);
  const { id = '' } = useParams();
  const predictionQuery = usePrediction(id);
  const prediction = predictionQuery.data;
  // A failed update is no reason to hide the record that was loaded before.
  const error = blockingErrorOf(predictionQuery);
  if (error !== null) return <PredictionError error={error} onRetry={() => void predictionQuery.refetch()} />;
  if (prediction === undefined) return <Loading>{TEXTS.predictionPage.lookingUp}</Loading>;
  // A new key remounts the page, so that input for one record is not carried to the next.
  return <RecordPage key={id} prediction={prediction} />;
}

function RecordPage({ prediction }: { prediction: Prediction }) {
  const heading = useFocusWhenJustSent();
  const modelQuery = useModelVersion(prediction.model.name, prediction.model.version);
  const reference = prediction.sample_id ?? TEXTS.predictionPage.noReference;
  return (
    <article className={ui.page}>
      <header className={ui.pageHead}>
        <div>
          <p className={ui.crumb}>
            <Link to="/predictions">{TEXTS.predictionPage.records}</Link>
          </p>
          <h1 tabIndex={-1} ref={heading} translate={prediction.sample_id === undefined ? 'yes' : 'no'}>
            {reference}
          </h1>
          <p className={ui.note}>{TEXTS.predictionPage.sent(formatDateTime(prediction.created_at))}</p>
          <PrintIdentity reference={reference} subject={TEXTS.predictionPage.printed(prediction.id)} />
        </div>
        <RecordActions prediction={prediction} />
      </header>
      <ModelSummary model={prediction.model} operatingPoint={prediction.result?.operating_point.name} />
      <div aria-live="polite">
        <PredictionState prediction={prediction} modelQuery={modelQuery} />
      </div>
      {/* Stands outside the aria-live region, so that screen readers do not announce the review form. */}
      {prediction.result !== undefined && modelQuery.data !== undefined && (
        <ReviewsPanel reviewed={{ prediction_id: prediction.id }} labels={modelQuery.data.labels} />
      )}
      <PrintSignature />
    </article>
  );
}

interface PredictionStateProps {
  prediction: Prediction;
  modelQuery: ReturnType<typeof useModelVersion>;
}

function PredictionState({ prediction, modelQuery: { data: version, error, refetch } }: PredictionStateProps) {
  const { status, result } = prediction;
  if (status === 'canceled')
    return (
      <Panel title={TEXTS.predictionPage.canceled}>
        <p>{TEXTS.predictionPage.canceledText}</p>
      </Panel>
    );
  if (status === 'failed') {
    return (
      <Panel title={TEXTS.predictionPage.notScored}>
        <p>
          {prediction.error?.detail ?? TEXTS.predictionPage.notScoredText}{' '}
          <span>{TEXTS.predictionPage.failureSaysNothingAboutRecord}</span>
        </p>
      </Panel>
    );
  }
  if (result === undefined) return <PendingPrediction prediction={prediction} />;
  if (error instanceof ApiError && error.status === 404)
    return <ResultWithoutModel prediction={{ ...prediction, result }} />;
  if (error !== null) return <ErrorNotice error={error} what={TEXTS.modelLoadFailed} onRetry={() => void refetch()} />;
  return version === undefined ? <Loading /> : <ResultView prediction={{ ...prediction, result }} version={version} />;
}

function PredictionError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const status = error instanceof ApiError ? error.status : undefined;
  return (
    <div className={`${ui.page} ${ui.narrow} ${ui.stack}`}>
      <h1>
        {status === 404
          ? TEXTS.predictionPage.unknown
          : status === 410
            ? TEXTS.predictionPage.expired
            : TEXTS.predictionPage.failed}
      </h1>
      {status === 404 && <p>{TEXTS.predictionPage.unknownText}</p>}
      {status === 410 && <p>{TEXTS.predictionPage.expiredText}</p>}
      {status !== 404 && status !== 410 && (
        <ErrorNotice error={error} what={TEXTS.predictionPage.loadFailed} onRetry={onRetry} />
      )}
      <p>
        <Link to="/predictions">{TEXTS.predictionPage.all}</Link>
      </p>
    </div>
  );
}

/** Moves the focus to the heading after a record has been submitted. */
function useFocusWhenJustSent() {
  const { state } = useLocation() as { state: { justSent?: boolean } | null };
  const heading = useRef<HTMLHeadingElement>(null);
  const justSent = state?.justSent === true;
  useEffect(() => {
    if (justSent) heading.current?.focus({ preventScroll: true });
  }, [justSent]);
  return heading;
}
