import {
  type CandidatePredictions,
  type Candidate,
  type NestedPredictions,
  summarize,
  distanceConfigs,
} from '@cytoqueue/training';
import type { CandidateName, GridEntry, NestedReport } from './report';

const rules = ['votes', 'weighted-votes', 'class-ratio'] as const;

/** Sets of candidates among which the known rows of each fold choose. */
export const families: readonly { readonly name: string; readonly has: (candidate: Candidate) => boolean }[] = [
  { name: 'every metric, scaling, weighting and k', has: () => true },
  { name: 'class-ratio: every metric, scaling and k', has: ({ rule }) => rule === 'class-ratio' },
];

/** Every space with every rule and k, space by space, so that distances are taken once each. */
export function gridCandidates(mostNeighbors: number): Candidate[] {
  const ks = Array.from({ length: mostNeighbors }, (_, index) => index + 1);
  return distanceConfigs.flatMap((space) => rules.flatMap((rule) => ks.map((k) => ({ space, rule, k }))));
}

export function reportGrid(answers: readonly CandidatePredictions[], labels: Uint8Array): GridEntry[] {
  return answers.map(({ candidate, probabilities }) => {
    const { accuracy, sensitivity, auc, brier, log_loss } = summarize(probabilities, labels).figures;
    const isUsable = !probabilities.some((some) => some.some(Number.isNaN));
    const figure = (value: number) => (isUsable ? rounded(value) : null);
    return {
      ...nameOf(candidate),
      accuracy: figure(accuracy),
      sensitivity: figure(sensitivity),
      auc: figure(auc),
      brier: figure(brier),
      log_loss: figure(log_loss),
    };
  });
}

export function reportNested(nested: readonly NestedPredictions[], labels: Uint8Array): NestedReport[] {
  return nested.map(({ probabilities, chosen }, index) => ({
    family: families[index].name,
    cv: summarize(probabilities, labels).figures,
    chosen: [...chosen]
      .map(([candidate, times]) => ({ ...nameOf(candidate), times }))
      .sort((a, b) => b.times - a.times),
  }));
}

function nameOf({ space, rule, k }: Candidate): CandidateName {
  return { metric: space.metric, scaling: space.scaling, rule, k };
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}
