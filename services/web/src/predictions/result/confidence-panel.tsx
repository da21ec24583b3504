import type { ClassName, ModelPin, PredictionResult } from '@cytoqueue/client';
import { Panel } from '../../ui/panel';
import { formatProbability, formatShare } from '../../ui/format';
import { useEvaluation } from '../../models/evaluation';
import { reliabilityAt } from './reliability';
import { explainConformalSet } from './result-labels';

/** Fewer cases than this say next to nothing of a share. */
const MIN_RELIABLE_CASES = 10;

/** How sure: the probability with what it was worth in the past, and which classes the record fits. */
export function ConfidencePanel({ result, model }: { result: PredictionResult; model: ModelPin }) {
  const { missing, conformal } = result.evidence;
  return (
    <Panel title="How sure is it?">
      <ObservedReliability probability={result.probability_malignant} model={model} />
      {missing !== null && <MissingRange missing={missing} />}
      {conformal !== null && (
        <>
          <p>{explainConformalSet(conformal.set, conformal.level)}</p>
          <dl className="facts">
            <ConformalPValue name="benign" share={conformal.p_values.benign} />
            <ConformalPValue name="malignant" share={conformal.p_values.malignant} />
          </dl>
        </>
      )}
    </Panel>
  );
}

/** A probability is worth what became of others like it. */
function ObservedReliability({ probability, model }: { probability: number; model: ModelPin }) {
  const { data } = useEvaluation(model.name, model.version);
  const observed = data ? reliabilityAt(probability, data.reliability, data.repetitions) : undefined;
  if (observed === undefined) return null;
  const [low, high] = observed.interval;
  return (
    <p>
      <strong>What such a figure was worth:</strong> the model was tested {observed.rounds} times over on cases kept
      from it. Each time about {observed.cases} got a probability from {Math.round(observed.from * 100)} to{' '}
      {Math.round(observed.to * 100)}&nbsp;%; of these {formatShare(observed.share)} were malignant (95&nbsp;% interval{' '}
      {formatShare(low)} to {formatShare(high)}).{observed.cases < MIN_RELIABLE_CASES && ' That is too few to rely on.'}
    </p>
  );
}

function MissingRange({ missing }: { missing: NonNullable<PredictionResult['evidence']['missing']> }) {
  const { features, method, combinations, can_flip, probability_min, probability_max } = missing;
  return (
    <p>
      <strong>Not measured:</strong> {features.length === 1 ? 'one value is' : `${features.length} values are`} missing.{' '}
      {method === 'exact'
        ? `With each of the ${combinations} values possible there`
        : `With each of the ${combinations} combinations that training cases have there`}
      , the probability would be from {formatProbability(probability_min)} to {formatProbability(probability_max)}.{' '}
      {can_flip ? 'Measuring could change the class.' : 'Measuring could not change the class.'}
    </p>
  );
}

function ConformalPValue({ name, share }: { name: ClassName; share: number }) {
  return (
    <div>
      <dt>Of the {name} cases</dt>
      <dd>
        {formatShare(share)}{' '}
        <span className="muted">are as unusual among their own as this record would be, or more so</span>
      </dd>
    </div>
  );
}
