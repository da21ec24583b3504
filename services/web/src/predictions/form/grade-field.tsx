import type { Feature } from '@cytoqueue/client';
import { type KeyboardEvent, type Ref, useId } from 'react';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './grade-field.module.css';

export interface FieldProps {
  feature: Feature;
  number: number;
  text: string;
  error: string | undefined;
  /** Contains the field's controls. */
  container: Ref<HTMLDivElement>;
  onPick: (text: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
  onBlur: () => void;
}

const GRADES = Array.from({ length: 10 }, (_, index) => String(index + 1));

/** A feature with grades 1 to 10, as a group of radio buttons. */
export function GradeField({ feature, number, text, error, container, onPick, onKeyDown }: FieldProps) {
  const id = useId();
  return (
    <div
      ref={container}
      className={styles.gradeRow}
      role="radiogroup"
      aria-labelledby={`${id}-name`}
      aria-describedby={`${error === undefined ? '' : `${id}-error `}${id}-meaning ${id}-ends`}
      aria-invalid={error !== undefined}
      data-invalid={error !== undefined || undefined}
      onKeyDown={onKeyDown}
    >
      <FieldName feature={feature} number={number} id={id} />
      <div className={styles.gradeCells}>
        {GRADES.map((grade) => (
          <label key={grade}>
            <input type="radio" name={id} value={grade} checked={text === grade} onChange={() => onPick(grade)} />
            <span translate="no">{grade}</span>
          </label>
        ))}
      </div>
      <p className={styles.gradeEnds} id={`${id}-ends`}>
        <span>
          <b translate="no">{feature.min}</b> {feature.low}
        </span>
        <span>
          <b translate="no">{feature.max}</b> {feature.high}
        </span>
      </p>
      <label className={styles.notMeasured}>
        <input type="radio" name={id} value="?" checked={text === '?'} onChange={() => onPick('?')} />
        <span>{TEXTS.notMeasured}</span>
      </label>
      <FieldError id={id} error={error} />
    </div>
  );
}

export function FieldName({ feature, number, id }: Pick<FieldProps, 'feature' | 'number'> & { id: string }) {
  return (
    <div className={styles.gradeName}>
      <span className={ui.muted} aria-hidden="true">
        {number}
      </span>
      <strong id={`${id}-name`}>{feature.title}</strong>
      <p id={`${id}-meaning`} className={ui.note}>
        {feature.description}
      </p>
    </div>
  );
}

export function FieldError({ id, error }: { id: string; error: string | undefined }) {
  return error === undefined ? null : (
    <p id={`${id}-error`} className={`${ui.fieldError} ${styles.error}`}>
      {error}
    </p>
  );
}
