import type { EvaluationData, FoldAnswers, OwnModelOptions, OwnTraining } from '@cytoqueue/training';
import type { ModelComparison, TrainingEvaluation } from '@cytoqueue/records';

/** A custom schema is sent as its definition, because its functions and sets do not cross threads. */
export type SentOptions = Omit<OwnModelOptions, 'schema'> & { readonly schema: string | object };

export type TrainingTask =
  | { kind: 'fold'; data: EvaluationData; options: SentOptions; number: number }
  | {
      kind: 'fit';
      data: EvaluationData;
      options: SentOptions;
      answers: readonly FoldAnswers[];
      version: string;
      facts: Pick<OwnTraining, 'rows' | 'classes'>;
      /** Files of the versions to compare with. */
      others: readonly Uint8Array[];
    };

export interface FittedVersion {
  bytes: Uint8Array;
  evaluation: TrainingEvaluation;
  comparisons: ModelComparison[];
  /** Card, evaluation and plots by file name. */
  artifacts: Map<string, Uint8Array>;
}

/** Errors lose their class between threads, so the reason why no model can be trained is a result. */
export type TrainingAnswer<T> = { done: T } | { refused: { code: string; detail: string } };
