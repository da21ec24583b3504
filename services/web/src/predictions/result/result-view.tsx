import type { ModelVersion, Prediction, PredictionResult } from '@cytoqueue/client';
import { toneOf } from '../../ui/class-words';
import { Panel } from '../../ui/panel';
import { ConfidencePanel } from './confidence-panel';
import { ShapleyPanel } from './shapley-panel';
import { FlipPanel } from './flip-panel';
import { ModelPanel } from './model-panel';
import { NeighborsPanel } from './neighbors-panel';
import { ProbabilityScale } from './probability-scale';
import { explainOutcome, resultTitle } from './result-labels';
import { UnusualReasons } from './unusual-reasons';
import { ValuesList } from './values-list';
import { TEXTS } from './texts';

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
        {/* On paper, the table of the nearest cases shows these values. */}
        <Panel title={TEXTS.resultView.values} className="no-print">
          <ValuesList values={features} features={version.features} />
        </Panel>
        <ConfidencePanel result={result} model={model} />
        <FlipPanel result={result} version={version} />
      </div>
      <ShapleyPanel result={result} version={version} />
      <NeighborsPanel record={features} neighbors={result.neighbors} version={version} />
      <ModelPanel
        model={model}
        version={version}
        operatingPoint={result.operating_point}
        completedAt={prediction.completed_at}
      />
    </div>
  );
}

function ResultSummary({ result, version }: { result: PredictionResult; version: ModelVersion }) {
  const { features, labels } = version;
  const [negative = '', positive = ''] = labels;
  const { missing, unusual } = result.evidence;
  const tone = result.outcome === 'indeterminate' ? 'indeterminate' : toneOf(result.predicted_class, result);
  return (
    <section className={`verdict ${tone}`} aria-labelledby="verdict">
      <div className="verdict-words">
        <p className="verdict-kind">{TEXTS.resultView.kind}</p>
        <h2 id="verdict" tabIndex={-1}>
          {resultTitle(result)}
        </h2>
        <p>{explainOutcome(result)}</p>
        <p className="small">{TEXTS.resultView.noDiagnosis}</p>
        {result.reasons.length > 0 && (
          <>
            <h3>{TEXTS.resultView.why}</h3>
            <ul className="reasons">
              {result.reasons.map((reason) => (
                <li key={reason}>{reason.replaceAll(' %', '\u00A0%')}</li>
              ))}
            </ul>
            {unusual && (
              <>
                <h3>{TEXTS.resultView.unusual}</h3>
                <UnusualReasons unusual={unusual} features={features} />
              </>
            )}
            <p className="small">{TEXTS.resultView.nextSteps(missing !== null, negative, positive)}</p>
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
