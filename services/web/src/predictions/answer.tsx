import type { ModelVersion, Prediction, PredictionResult } from '@cytoqueue/client';
import { Link } from 'react-router';
import { Panel } from '../design/panel';
import { formatDateTime, formatShare } from '../design/numbers';
import { CertaintyPanel } from './certainty-panel';
import { DriversPanel } from './drivers-panel';
import { FlipPanel } from './flip-panel';
import { NearestPanel } from './nearest-panel';
import { ProbabilityScale } from './probability-scale';
import { explainOutcome, headline } from './wording';

interface AnswerProps {
  prediction: Prediction & { result: PredictionResult };
  version: ModelVersion;
}

export function Answer({ prediction, version }: AnswerProps) {
  const { result, features, model } = prediction;
  return (
    <div className="answer">
      <Verdict result={result} />
      <div className="column">
        <CertaintyPanel result={result} model={model} />
        <FlipPanel result={result} features={version.features} />
      </div>
      <DriversPanel result={result} features={version.features} />
      <NearestPanel record={features} neighbors={result.neighbors} features={version.features} />
      <ModelPanel prediction={prediction} version={version} />
    </div>
  );
}

function Verdict({ result }: { result: PredictionResult }) {
  const { missing } = result.evidence;
  const tone = result.outcome === 'indeterminate' ? 'indeterminate' : result.predicted_class;
  return (
    <section className={`verdict ${tone}`} aria-labelledby="verdict">
      <div className="verdict-words">
        <p className="verdict-kind">{result.outcome === 'indeterminate' ? 'Undecided' : 'Clear answer'}</p>
        <h2 id="verdict" tabIndex={-1}>{headline(result)}</h2>
        <p>{explainOutcome(result)}</p>
        {result.reasons.length > 0 && (
          <>
            <h3>Why</h3>
            <ul className="reasons">{result.reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>
            <p className="small">What helps: check the nine values against the slide, measure what is missing, or have a second reader grade it. An undecided record is no finding of either kind.</p>
          </>
        )}
      </div>
      <ProbabilityScale probability={result.probability_malignant} threshold={result.operating_point.threshold} range={missing && [missing.probability_min, missing.probability_max]} />
    </section>
  );
}

function ModelPanel({ prediction, version }: AnswerProps) {
  const { model, completed_at, result } = prediction;
  return (
    <Panel title="Where this comes from, and its limits" className="wide">
      <dl className="facts">
        <div><dt>Model</dt><dd><Link to={`/models/${model.name}/${model.version}`}>{model.name} {model.version}</Link></dd></div>
        <div><dt>Method</dt><dd>compares with {version.training.rows} known cases; {version.k} nearest of each class</dd></div>
        <div><dt>Malignant from</dt><dd>{formatShare(result.operating_point.threshold)} probability on{result.operating_point.name === 'sensitivity99' && ' (cautious)'}</dd></div>
        {completed_at !== undefined && <div><dt>Answered</dt><dd>{formatDateTime(completed_at)}</dd></div>}
        <div className="digest"><dt>Fingerprint of the model</dt><dd><code>{model.digest}</code></dd></div>
      </dl>
      <ul className="limits">{version.limits_of_use.map((limit) => <li key={limit}>{limit}</li>)}</ul>
    </Panel>
  );
}
