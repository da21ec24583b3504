import type { Feature } from '@cytoqueue/client';
import type { Draft } from './draft';
import { type FeatureValue, isTenStepGrade, parseFeatureValue } from './feature-value';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './read-back.module.css';

interface ReadBackProps {
  draft: Draft;
  features: readonly Feature[];
  errorCount: number;
}

const MAX_NAMED = 2;

/** The reference and the grades in order, as they will be sent. */
export function ReadBack({ draft, features, errorCount }: ReadBackProps) {
  const reference = draft.sampleReference.trim();
  const values = features.map((feature) => parseFeatureValue(draft.texts[feature.name] ?? '', feature));
  const missing = values.filter(({ kind }) => kind === 'missing').length;
  const entered = values.filter(({ kind }) => kind === 'value').length;
  const open = features.filter((_, index) => values[index]?.kind === 'empty');
  return (
    <>
      <dl className={styles.readback}>
        <div>
          <dt>{TEXTS.reference}</dt>
          <dd translate="no">{reference === '' ? '–' : <strong>{reference}</strong>}</dd>
        </div>
        {features.every(isTenStepGrade) && (
          <div>
            <dt>{TEXTS.readBack.grades}</dt>
            <dd>
              <GradeSequence values={values} />
            </dd>
          </div>
        )}
      </dl>
      <p className={ui.small} role="status">
        {TEXTS.readBack.progress(entered, features.length, missing)}{' '}
        {open.length > 0 && open.length <= MAX_NAMED && TEXTS.readBack.open(open.map(({ title }) => title))}
      </p>
      {errorCount > 0 && <p className={`${ui.small} ${ui.fieldError}`}>{TEXTS.readBack.errors(errorCount)}</p>}
    </>
  );
}

/** Grades in the order of the features. */
export function GradeSequence({ values }: { values: readonly FeatureValue[] }) {
  return (
    <span className={styles.sequence} translate="no">
      {values.map((value, index) => (
        <span key={index} data-kind={value.kind}>
          {value.kind === 'value' ? value.value : value.kind === 'missing' ? '?' : '–'}
        </span>
      ))}
    </span>
  );
}
