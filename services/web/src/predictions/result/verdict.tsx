import type { PredictionResult, ProbabilityFields } from '@cytoqueue/client';
import type { ReactNode } from 'react';
import { ClassIcon } from '../../ui/class-icon';
import { toneOf } from '../../ui/class-words';
import { ProbabilityScale } from './probability-scale';
import { resultTitle } from './result-labels';
import { TEXTS } from './texts';
import styles from './verdict.module.css';

interface VerdictProps {
  result: Pick<PredictionResult, 'outcome' | 'predicted_class' | keyof ProbabilityFields>;
  threshold: number;
  /** Range of the probability over all values of the missing features. */
  range: [low: number, high: number] | null;
  /** Explains the outcome. */
  children: ReactNode;
}

/** The outcome of a record in its colour, with the scale of the probability. */
export function Verdict({ result, threshold, range, children }: VerdictProps) {
  const tone = result.outcome === 'indeterminate' ? 'indeterminate' : toneOf(result.predicted_class, result);
  return (
    <section className={`${styles.verdict} ${styles[tone]}`} aria-labelledby="verdict">
      <div className={styles.words}>
        <p className={styles.kind}>{TEXTS.verdict.kind}</p>
        <h2 id="verdict" tabIndex={-1}>
          <ClassIcon name={tone} /> {resultTitle(result)}
        </h2>
        {children}
      </div>
      {/* The elements that a translator puts around texts are not drawn within an SVG. */}
      <div translate="no">
        <ProbabilityScale result={result} threshold={threshold} range={range} />
      </div>
    </section>
  );
}
