import { type ModelVersion, type PredictionResult, probabilityOf } from '@cytoqueue/client';
import { probabilitySubject } from '../../ui/class-words';
import { Panel } from '../../ui/panel';
import { formatProbability } from '../../ui/format';
import { featureTitle } from './feature-titles';
import { isUnusual } from './reason-labels';
import { isDecided, oppositeClass } from './result-labels';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './result.module.css';

/**
 * Shows the smallest change of one or two features that changes the class of a result. Of an undecided result it is
 * shown only if the result would then be confident: otherwise it would tempt the reader to grade again, and the result
 * would stay undecided. The change is computed for the probability alone, and an unusual record may stay unusual.
 */
export function FlipPanel({ result, version }: { result: PredictionResult; version: ModelVersion }) {
  const { features, labels } = version;
  const { flip } = result.evidence;
  const isUndecided = result.outcome === 'indeterminate';
  if (flip === null) {
    return isUndecided ? null : (
      <Panel title={TEXTS.flipPanel.title}>
        <p>
          {/* For decimals, scaled grades, and too many grades or training rows, no flip is searched. */}
          {version.flip_searched
            ? TEXTS.flipPanel.noChange(oppositeClass(result.predicted_class, labels))
            : TEXTS.flipPanel.notComputed}
        </p>
      </Panel>
    );
  }
  const isDecidedAfter = isDecided(probabilityOf(flip));
  if (isUndecided && (!isDecidedAfter || isUnusual(result.reasons))) return null;
  const after = isDecidedAfter ? TEXTS.flipPanel.likely(flip.predicted_class) : TEXTS.flipPanel.undecided;
  return (
    <Panel
      title={TEXTS.flipPanel.title}
      lead={TEXTS.flipPanel.lead(after, probabilitySubject(result), formatProbability(probabilityOf(flip)))}
    >
      <ul className={styles.changes}>
        {flip.changes.map(({ feature, from, to }) => (
          <li key={feature}>
            <strong>{featureTitle(feature, features)}</strong>{' '}
            <span className={ui.nowrap}>
              {from} <span aria-hidden="true">→</span>
              <span className={ui.visuallyHidden}>{TEXTS.flipPanel.to}</span> {to}
            </span>
          </li>
        ))}
      </ul>
      <p className={ui.note}>{flip.total_change <= 2 ? TEXTS.flipPanel.smallChange : TEXTS.flipPanel.change}</p>
    </Panel>
  );
}
