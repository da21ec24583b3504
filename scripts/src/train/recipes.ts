import {
  type Candidate,
  type FitOptions,
  type CandidateMetric,
  type CandidateScaling,
  type DistanceConfig,
  distanceConfigs,
} from '@cytoqueue/training';
import { hasGrades, type Schema } from '@cytoqueue/schema';

/** A model to train on a data set: the options to fit it, and the same as a candidate for evaluation. */
export interface Recipe {
  readonly name: string;
  /** One line for the card. */
  readonly summary: string;
  readonly fit: Pick<FitOptions, 'metric' | 'rule' | 'k' | 'scaling'>;
  readonly candidate: Candidate;
}

/** Models of a schema: the main one first, then those to compare with. */
export function recipesFor(schema: Schema, name = `${schema.id}-knn`): readonly Recipe[] {
  return hasGrades(schema)
    ? [ratioByBrayCurtis(name), votesByEuclid(`${name}-euclidean`)]
    : [ratioByScaledEuclid(name)];
}

function ratioByBrayCurtis(name: string): Recipe {
  return {
    name,
    summary:
      'Bray-Curtis distance, the 5 nearest rows of each class, calibrated logarithm of the ratio of their mean distances',
    fit: { metric: 'bray-curtis', rule: 'class-ratio', k: 5 },
    candidate: { distanceConfig: distanceConfigOf('bray-curtis', 'raw'), rule: 'class-ratio', k: 5, conformal: true },
  };
}

function votesByEuclid(name: string): Recipe {
  return {
    name,
    summary: 'Euclidean distance, the 5 nearest rows, every tie at the fifth distance votes: the baseline',
    fit: { metric: 'euclidean', rule: 'votes', k: 5 },
    candidate: { distanceConfig: distanceConfigOf('euclidean', 'raw'), rule: 'votes', k: 5 },
  };
}

function ratioByScaledEuclid(name: string): Recipe {
  return {
    name,
    summary:
      'Euclidean distance between z-scores, the 5 nearest rows of each class, calibrated logarithm of the ratio of their mean distances',
    fit: { metric: 'euclidean', rule: 'class-ratio', k: 5, scaling: 'z-score' },
    candidate: { distanceConfig: distanceConfigOf('euclidean', 'z-score'), rule: 'class-ratio', k: 5, conformal: true },
  };
}

/** Textbook k-NN, for comparisons. */
export const baselineCandidate: Candidate = votesByEuclid('baseline').candidate;

function distanceConfigOf(metric: CandidateMetric, scaling: CandidateScaling): DistanceConfig {
  const distanceConfig = distanceConfigs.find((config) => config.metric === metric && config.scaling === scaling);
  if (distanceConfig === undefined) throw new RangeError(`there is no distance configuration ${metric}, ${scaling}`);
  return distanceConfig;
}
