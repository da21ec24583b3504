import type { ModelVersion, Prediction, PredictionResult } from '@cytoqueue/client';
import { Panel } from '../../ui/panel';
import { ui } from '../../ui/styles';
import { EvidencePanels } from './evidence-panels';
import { featureTitle } from './feature-titles';
import { explainOutcome } from './result-labels';
import { TEXTS } from './texts';
import { UnusualReasons } from './unusual-reasons';
import { ValuesList } from './values-list';
import { Verdict } from './verdict';

interface ResultViewProps {
  prediction: Prediction & { result: PredictionResult };
  version: ModelVersion;
}

export function ResultView({ prediction, version }: ResultViewProps) {
  const { result, features, model } = prediction;
  return (
    <EvidencePanels
      record={features}
      result={result}
      model={model}
      version={version}
      completedAt={prediction.completed_at}
      above={<ResultSummary result={result} version={version} />}
    >
      {/* On paper, EvidencePanels shows these values. */}
      <Panel title={TEXTS.resultView.values} className={ui.noPrint}>
        <ValuesList values={features} features={version.features} />
      </Panel>
    </EvidencePanels>
  );
}

/** The result of a record whose model version was deleted: nothing that needs the version's description. */
export function ResultWithoutModel({ prediction }: Pick<ResultViewProps, 'prediction'>) {
  const { result, features } = prediction;
  const { missing } = result.evidence;
  return (
    <div className={ui.stack}>
      <Verdict
        result={result}
        threshold={result.operating_point.threshold}
        range={missing && [missing.probability_min, missing.probability_max]}
      >
        <p>{explainOutcome(result)}</p>
        <p className={ui.small}>{TEXTS.resultView.modelDeleted}</p>
      </Verdict>
      <Panel title={TEXTS.resultView.values}>
        <ValuesList
          values={features}
          features={Object.keys(features).map((name) => ({ name, title: featureTitle(name, []) }))}
        />
      </Panel>
    </div>
  );
}

function ResultSummary({ result, version }: { result: PredictionResult; version: ModelVersion }) {
  const { features, labels } = version;
  const [negative = '', positive = ''] = labels;
  const { missing, unusual } = result.evidence;
  return (
    <Verdict
      result={result}
      threshold={result.operating_point.threshold}
      range={missing && [missing.probability_min, missing.probability_max]}
    >
      <p>{explainOutcome(result)}</p>
      <p className={ui.small}>{TEXTS.verdict.noDiagnosis}</p>
      {result.reasons.length > 0 && (
        <>
          <h3>{TEXTS.resultView.why}</h3>
          <ul className={ui.bullets}>
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
          <p className={ui.small}>{TEXTS.resultView.nextSteps(missing !== null, negative, positive)}</p>
        </>
      )}
    </Verdict>
  );
}
