import {
  type CandidatePredictions,
  type Candidate,
  type NestedPredictions,
  summarize,
  distanceConfigs,
} from '@cytoqueue/training';
import type { CandidateName, GridEntry, NestedReport } from './report';

const rules = ['votes', 'weighted-votes', 'class-ratio'] as const;

/** Sets of candidates; each fold selects one candidate of each set by its train rows. */
export const families: readonly { readonly name: string; readonly has: (candidate: Candidate) => boolean }[] = [
  { name: 'every metric, scaling, weighting and k', has: () => true },
  { name: 'class-ratio: every metric, scaling and k', has: ({ rule }) => rule === 'class-ratio' },
];

/**
 * All distance configurations with all rules and k, grouped so that each configuration's distances are computed once.
 */
export function gridCandidates(maxK: number): Candidate[] {
  const ks = Array.from({ length: maxK }, (_, index) => index + 1);
  return distanceConfigs.flatMap((distanceConfig) =>
    rules.flatMap((rule) => ks.map((k) => ({ distanceConfig, rule, k }))),
  );
}

export function reportGrid(predictions: readonly CandidatePredictions[], labels: Uint8Array): GridEntry[] {
  return predictions.map(({ candidate, probabilities }) => {
    const { accuracy, sensitivity, auc, brier, log_loss } = summarize(probabilities, labels).metrics;
    const isUsable = !probabilities.some((repetition) => repetition.some(Number.isNaN));
    const metric = (value: number) => (isUsable ? rounded(value) : null);
    return {
      ...nameOf(candidate),
      accuracy: metric(accuracy),
      sensitivity: metric(sensitivity),
      auc: metric(auc),
      brier: metric(brier),
      log_loss: metric(log_loss),
    };
  });
}

export function reportNested(nested: readonly NestedPredictions[], labels: Uint8Array): NestedReport[] {
  return nested.map(({ probabilities, chosen }, index) => ({
    family: String(families[index]?.name),
    cv: summarize(probabilities, labels).metrics,
    chosen: [...chosen]
      .map(([candidate, times]) => ({ ...nameOf(candidate), times }))
      .sort((a, b) => b.times - a.times),
  }));
}

function nameOf({ distanceConfig, rule, k }: Candidate): CandidateName {
  return { metric: distanceConfig.metric, scaling: distanceConfig.scaling, rule, k };
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}
