import { type ClassName, type ModelPin, type PredictionResult, probabilityOf } from '@cytoqueue/client';
import { Panel } from '../../ui/panel';
import { formatProbability, formatShare } from '../../ui/format';
import { useEvaluation } from '../../models/evaluation';
import { IconArray } from './icon-array';
import { reliabilityAt } from './reliability';
import { explainConformalSet } from './result-labels';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

/** Below this number of cases a share is too uncertain to show. */
const MIN_RELIABLE_CASES = 10;

/** Shows the probability, its reliability in cross-validation, and the classes that fit the record. */
export function ConfidencePanel({ result, model }: { result: PredictionResult; model: ModelPin }) {
  const { missing, conformal } = result.evidence;
  return (
    <Panel title={TEXTS.confidencePanel.title}>
      {result.evidence.unusual && <p>{TEXTS.confidencePanel.unusual}</p>}
      {/* Not shown for an unusual record, because the cases of the cross-validation are unlike it. */}
      {!result.evidence.unusual && result.positive_class === undefined && (
        <ObservedReliability probability={probabilityOf(result)} model={model} />
      )}
      {missing !== null && <MissingRange missing={missing} />}
      {conformal !== null && (
        <>
          <p>{explainConformalSet(conformal.set, Object.keys(conformal.p_values), conformal.level)}</p>
          <dl className={ui.facts}>
            {Object.entries(conformal.p_values).map(([name, share]) => (
              <ConformalPValue key={name} name={name} share={share} />
            ))}
          </dl>
        </>
      )}
    </Panel>
  );
}

/** States how often similar probabilities were right on held-out cases. */
function ObservedReliability({ probability, model }: { probability: number; model: ModelPin }) {
  const { data } = useEvaluation(model.name, model.version);
  const observed = data ? reliabilityAt(probability, data.reliability, data.repetitions) : undefined;
  if (observed === undefined) return null;
  const [low, high] = observed.interval;
  const isReliable = observed.cases >= MIN_RELIABLE_CASES;
  return (
    <>
      {isReliable && <IconArray share={observed.share} />}
      <p>
        {TEXTS.confidencePanel.tested({
          cases: observed.cases,
          from: Math.round(observed.from * 100),
          to: Math.round(observed.to * 100),
          positive: Math.round(observed.share * observed.cases),
          low: formatShare(low),
          high: formatShare(high),
          rounds: observed.rounds,
          isReliable,
        })}
      </p>
    </>
  );
}

function MissingRange({ missing }: { missing: NonNullable<PredictionResult['evidence']['missing']> }) {
  const { features, method, combinations, can_flip, probability_min, probability_max } = missing;
  return (
    <p>
      {TEXTS.confidencePanel.missing({
        count: features.length,
        isExact: method === 'exact',
        combinations,
        low: formatProbability(probability_min),
        high: formatProbability(probability_max),
        canFlip: can_flip,
      })}
    </p>
  );
}

function ConformalPValue({ name, share }: { name: ClassName; share: number }) {
  return (
    <div>
      <dt>{TEXTS.confidencePanel.ofTheCases(name)}</dt>
      <dd>
        {formatShare(share)} <span className={ui.muted}>{TEXTS.confidencePanel.atypical}</span>
      </dd>
    </div>
  );
}
