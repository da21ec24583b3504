import { type ClassName, positiveClassOf, type PredictionResult, probabilityOf } from '@cytoqueue/client';
import { probabilitySubject } from '../../ui/class-words';
import { formatProbability } from '../../ui/format';
import { TEXTS } from './texts';

export const UNDECIDED_FROM = 0.05;
export const UNDECIDED_TO = 0.95;

/** Heading of the result page. */
export function resultTitle({
  outcome,
  predicted_class,
}: Pick<PredictionResult, 'outcome' | 'predicted_class'>): string {
  if (outcome === 'indeterminate') return TEXTS.undecided;
  return TEXTS.likely(predicted_class);
}

export function explainOutcome(result: PredictionResult): string {
  const { outcome, predicted_class, operating_point, evidence } = result;
  const probability = formatProbability(probabilityOf(result));
  const subject = probabilitySubject(result);
  const sentence =
    outcome === 'indeterminate'
      ? evidence.unusual
        ? TEXTS.outcome.unusual(subject, probability)
        : TEXTS.outcome.undecided(predicted_class, subject, probability)
      : TEXTS.outcome.decided(subject, probability);
  return operating_point.name === 'sensitivity99'
    ? `${sentence} ${TEXTS.outcome.cautious(positiveClassOf(result), formatProbability(operating_point.threshold))}`
    : sentence;
}

/** Explains the conformal set. @param classes of the model, the positive one last */
export function explainConformalSet(set: readonly ClassName[], classes: readonly ClassName[], level: number): string {
  const percent = Math.round(level * 100);
  const [negative = '', positive = ''] = classes;
  if (set.length === 2) return TEXTS.conformal.both(percent, negative, positive);
  if (set.length === 0) return TEXTS.conformal.none(percent);
  const [only = ''] = set;
  return TEXTS.conformal.one(only, percent, only === negative ? positive : negative);
}

/** Whether a probability lies outside the undecided range. */
export function isDecided(probability: number): boolean {
  return probability <= UNDECIDED_FROM || probability >= UNDECIDED_TO;
}

export function oppositeClass(name: ClassName, classes: readonly ClassName[]): ClassName {
  return classes.find((other) => other !== name) ?? TEXTS.otherClass;
}
