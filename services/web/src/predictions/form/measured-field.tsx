import { useId } from 'react';
import { FieldError, FieldName, type FieldProps } from './grade-field';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './grade-field.module.css';

/** A feature that is a measured number. "Not measured" is a control of its own: keypads of phones have no question mark. */
export function MeasuredField({ feature, number, text, error, container, onPick, onKeyDown, onBlur }: FieldProps) {
  const id = useId();
  const isMissing = text === '?';
  return (
    <div
      ref={container}
      className={`${styles.gradeRow} ${styles.measured}`}
      data-invalid={error !== undefined || undefined}
    >
      <FieldName feature={feature} number={number} id={id} />
      <div className={styles.gradeCells}>
        <input
          className={ui.input}
          inputMode={feature.integer ? 'numeric' : 'decimal'}
          autoComplete="off"
          enterKeyHint="next"
          value={text}
          aria-labelledby={`${id}-name`}
          aria-invalid={error !== undefined}
          aria-describedby={`${error === undefined ? '' : `${id}-error `}${id}-meaning ${id}-ends`}
          onChange={({ target }) => onPick(target.value)}
          onKeyDown={onKeyDown}
          onFocus={({ target }) => target.select()}
          onBlur={onBlur}
        />
      </div>
      <p className={styles.gradeEnds} id={`${id}-ends`}>
        {`${feature.low} ${feature.high}`}
      </p>
      <label className={styles.notMeasured}>
        <input
          type="checkbox"
          checked={isMissing}
          aria-label={TEXTS.measuredField.notMeasured(feature.title)}
          onChange={() => onPick(isMissing ? '' : '?')}
        />
        <span>{TEXTS.notMeasured}</span>
      </label>
      <FieldError id={id} error={error} />
    </div>
  );
}
