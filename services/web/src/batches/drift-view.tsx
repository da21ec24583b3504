import type { Drift } from '@cytoqueue/client';
import { formatFixed } from '../ui/format';
import { Panel } from '../ui/panel';
import { featureLabel } from './drift-labels';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import styles from './batches.module.css';

const MODERATE_DRIFT_FROM = 0.1;
const STRONG_DRIFT_FROM = 0.25;
/** Bars are clipped at this value. */
const MAX_SHOWN_INDEX = 1;

/** Compares the file's values with the model's training data. */
export function DriftView({ drift }: { drift: Drift }) {
  const features = Object.entries(drift.psi);
  return (
    <Panel title={TEXTS.driftView.title} lead={TEXTS.driftView.lead}>
      {drift.notes.length > 0 && (
        <ul className={ui.bullets}>
          {drift.notes.map(({ code, features: about, text }) => (
            <li key={`${code}-${about.join()}`}>{text.replaceAll('_', ' ')}</li>
          ))}
        </ul>
      )}
      <table className={`${styles.bars} ${styles.drift}`}>
        <thead className={ui.visuallyHidden}>
          <tr>
            <th scope="col">{TEXTS.driftView.column}</th>
            <th scope="col">{TEXTS.driftView.bar}</th>
            <th scope="col">{TEXTS.driftView.index}</th>
            <th scope="col">{TEXTS.driftView.reading}</th>
          </tr>
        </thead>
        <tbody>
          {features.map(([name, index]) => (
            <tr key={name}>
              <th scope="row">{featureLabel(name)}</th>
              <td>
                <DriftBar index={index} />
              </td>
              <td className={`${ui.number} ${styles.figure}`}>{formatFixed(index, 2)}</td>
              <td className={ui.small}>
                {index < MODERATE_DRIFT_FROM ? (
                  TEXTS.driftView.similar
                ) : index < STRONG_DRIFT_FROM ? (
                  TEXTS.driftView.somewhatDifferent
                ) : (
                  <strong>{TEXTS.driftView.different}</strong>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function DriftBar({ index }: { index: number }) {
  return (
    <svg viewBox="0 0 100 12" preserveAspectRatio="none" className={styles.driftBar} aria-hidden="true">
      <rect
        width={(Math.min(index, MAX_SHOWN_INDEX) / MAX_SHOWN_INDEX) * 100}
        y="1"
        height="10"
        className={index > STRONG_DRIFT_FROM ? ui.fillWarning : ui.fillAccent}
      />
      <line x1={STRONG_DRIFT_FROM * 100} x2={STRONG_DRIFT_FROM * 100} y1="0" y2="12" className={ui.zeroLine} />
    </svg>
  );
}
