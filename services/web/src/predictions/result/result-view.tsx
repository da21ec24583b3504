import type { ModelVersion, Prediction, PredictionResult } from '@cytoqueue/client';
import { Link } from 'react-router';
import { modelAddress, modelLabel } from '../../models/model-reference';
import { toneOf } from '../../ui/class-words';
import { Panel } from '../../ui/panel';
import { formatDateTime, formatShare } from '../../ui/format';
import { ConfidencePanel } from './confidence-panel';
import { ShapleyPanel } from './shapley-panel';
import { FlipPanel } from './flip-panel';
import { NeighborsPanel } from './neighbors-panel';
import { ProbabilityScale } from './probability-scale';
import { explainOutcome, resultTitle } from './result-labels';
import { UnusualReasons } from './unusual-reasons';
import { ValuesList } from './values-list';

interface ResultViewProps {
  prediction: Prediction & { result: PredictionResult };
  version: ModelVersion;
}

export function ResultView({ prediction, version }: ResultViewProps) {
  const { result, features, model } = prediction;
  return (
    <div className="answer">
      <ResultSummary result={result} version={version} />
      <div className="column">
        {/* On paper the table of the nearest cases has them. */}
        <Panel title="Values of this record" className="no-print">
          <ValuesList values={features} features={version.features} />
        </Panel>
        <ConfidencePanel result={result} model={model} />
        <FlipPanel result={result} version={version} />
      </div>
      <ShapleyPanel result={result} version={version} />
      <NeighborsPanel record={features} neighbors={result.neighbors} version={version} />
      <ModelPanel prediction={prediction} version={version} />
    </div>
  );
}

function ResultSummary({ result, version }: { result: PredictionResult; version: ModelVersion }) {
  const { features, labels: classes } = version;
  const { missing, unusual } = result.evidence;
  const tone = result.outcome === 'indeterminate' ? 'indeterminate' : toneOf(result.predicted_class, result);
  return (
    <section className={`verdict ${tone}`} aria-labelledby="verdict">
      <div className="verdict-words">
        <p className="verdict-kind">Model result</p>
        <h2 id="verdict" tabIndex={-1}>
          {resultTitle(result)}
        </h2>
        <p>{explainOutcome(result)}</p>
        <p className="small">No diagnosis and no C1 to C5 category.</p>
        {result.reasons.length > 0 && (
          <>
            <h3>Why</h3>
            <ul className="reasons">
              {result.reasons.map((reason) => (
                <li key={reason}>{reason.replaceAll(' %', '\u00A0%')}</li>
              ))}
            </ul>
            {unusual && (
              <>
                <h3>What is unusual</h3>
                <UnusualReasons unusual={unusual} features={features} />
              </>
            )}
            <p className="small">
              Next steps: check the values against the slide, {missing && <span>measure the missing features, </span>}or
              ask a second reader. An undecided result is neither {classes[0]} nor {classes[1]}.
            </p>
          </>
        )}
      </div>
      <ProbabilityScale
        result={result}
        threshold={result.operating_point.threshold}
        range={missing && [missing.probability_min, missing.probability_max]}
      />
    </section>
  );
}

function ModelPanel({ prediction, version }: ResultViewProps) {
  const { model, completed_at, result } = prediction;
  return (
    <Panel title="Model and limits of use" className="wide">
      <dl className="facts">
        <div>
          <dt>Model</dt>
          <dd>
            <Link to={modelAddress(model.name, model.version)}>{modelLabel(model)}</Link>
          </dd>
        </div>
        <div>
          <dt>Method</dt>
          <dd>
            compares with {version.training.rows} training cases,{' '}
            {version.rule === 'class-ratio'
              ? `the ${version.k} nearest of each class`
              : `of which the ${version.k} nearest decide`}
          </dd>
        </div>
        <div>
          <dt>Threshold for {version.labels[1]}</dt>
          <dd>
            {formatShare(result.operating_point.threshold)} probability
            {result.operating_point.name === 'sensitivity99' && ' (cautious)'}
          </dd>
        </div>
        {completed_at !== undefined && (
          <div>
            <dt>Scored</dt>
            <dd>{formatDateTime(completed_at)}</dd>
          </div>
        )}
        <div className="digest">
          <dt>Model digest (SHA-256)</dt>
          <dd>
            <code>{model.digest}</code>
          </dd>
        </div>
      </dl>
      <ul className="limits">
        {version.limits_of_use.map((limit) => (
          <li key={limit}>{limit}</li>
        ))}
      </ul>
    </Panel>
  );
}
