import type { ClassName, ModelPin, PredictionResult } from '@cytoqueue/client';
import { Panel } from '../design/panel';
import { formatProbability, formatShare } from '../design/numbers';
import { useEvaluation } from '../models/evaluation';
import { experienceWith } from './interval';
import { explainSet } from './wording';

/** Fewer cases than this say next to nothing of a share. */
const FEW = 10;

/** How sure: the probability with what it was worth in the past, and which classes the record fits. */
export function CertaintyPanel({ result, model }: { result: PredictionResult; model: ModelPin }) {
  const { missing, conformal } = result.evidence;
  return (
    <Panel title="How sure is it?">
      <Experience probability={result.probability_malignant} model={model} />
      {missing !== null && <MissingRange missing={missing} />}
      {conformal !== null && (
        <>
          <p>{explainSet(conformal.set, conformal.level)}</p>
          <dl className="facts">
            <Oddness name="benign" share={conformal.p_values.benign} />
            <Oddness name="malignant" share={conformal.p_values.malignant} />
          </dl>
        </>
      )}
    </Panel>
  );
}

/** A probability is worth what became of others like it. */
function Experience({ probability, model }: { probability: number; model: ModelPin }) {
  const { data } = useEvaluation(model.name, model.version);
  const seen = data ? experienceWith(probability, data.reliability, data.repetitions) : undefined;
  if (seen === undefined) return null;
  const [low, high] = seen.interval;
  return (
    <p>
      <strong>What such a figure was worth:</strong> when the model was tested on cases kept from it, about {seen.cases} got a
      probability from {Math.round(seen.from * 100)} to {Math.round(seen.to * 100)} %; of these {formatShare(seen.share)} were malignant
      (95&nbsp;% interval {formatShare(low)} to {formatShare(high)}).{seen.cases < FEW && ' That is too few to rely on.'}
    </p>
  );
}

function MissingRange({ missing }: { missing: NonNullable<PredictionResult['evidence']['missing']> }) {
  const { features, method, combinations, can_flip, probability_min, probability_max } = missing;
  return (
    <p>
      <strong>Not measured:</strong> {features.length === 1 ? 'one value is' : `${features.length} values are`} missing.{' '}
      {method === 'exact' ? `With each of the ${combinations} values possible there` : `With each of the ${combinations} combinations that training cases have there`}
      , the probability would be from {formatProbability(probability_min)} to {formatProbability(probability_max)}.{' '}
      {can_flip ? 'Measuring could change the class.' : 'Measuring could not change the class.'}
    </p>
  );
}

function Oddness({ name, share }: { name: ClassName; share: number }) {
  return (
    <div>
      <dt>Of the {name} cases</dt>
      <dd>{formatShare(share)} <span className="muted">are as unusual among their own as this record would be, or more so</span></dd>
    </div>
  );
}
