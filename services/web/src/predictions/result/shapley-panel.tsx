import { type ModelVersion, type PredictionResult, probabilityOf } from '@cytoqueue/client';
import { probabilitySubject } from '../../ui/class-words';
import { Panel } from '../../ui/panel';
import { formatFixed, formatProbability, formatShare } from '../../ui/format';
import { featureTitle } from './feature-titles';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './shapley-panel.module.css';

interface ShapleyPanelProps {
  result: PredictionResult;
  version: Pick<ModelVersion, 'features' | 'labels'>;
}

/** Shapley values as bars to the left and right of zero. */
export function ShapleyPanel({ result, version }: ShapleyPanelProps) {
  const { features, labels } = version;
  const [negative = '', positive = ''] = labels;
  const isSampled = result.evidence.approximated?.includes('shapley') ?? false;
  const { base, values } = result.evidence.shapley;
  const contributions = Object.entries(values)
    .filter(([name]) => !result.missing_features.includes(name))
    .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  const largest = Math.max(...contributions.map(([, value]) => Math.abs(value)), 0.01);
  return (
    <Panel
      title={TEXTS.shapleyPanel.title}
      lead={TEXTS.shapleyPanel.lead(formatShare(base), positive, isSampled, formatProbability(probabilityOf(result)))}
    >
      <table className={styles.drivers}>
        <thead>
          <tr>
            <th scope="col">{TEXTS.shapleyPanel.feature}</th>
            <th scope="col" className={styles.driverSides}>
              <span>← {negative}</span>
              <span>{positive} →</span>
            </th>
            <th scope="col" className={ui.number}>
              {TEXTS.shapleyPanel.points}
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{TEXTS.shapleyPanel.baseline}</th>
            <td className={ui.note}>{TEXTS.shapleyPanel.baselineText(positive)}</td>
            <td className={ui.number} translate="no">
              {formatFixed(base * 100, 1)}
            </td>
          </tr>
          {contributions.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{featureTitle(name, features)}</th>
              <td>
                <ContributionBar share={value / largest} />
              </td>
              <td className={ui.number} translate="no">
                {formatPoints(value)}
              </td>
            </tr>
          ))}
          <tr className={styles.total}>
            <th scope="row">{TEXTS.shapleyPanel.total}</th>
            <td className={ui.note}>{TEXTS.shapleyPanel.totalText(probabilitySubject(result))}</td>
            <td className={ui.number} translate="no">
              {formatFixed(probabilityOf(result) * 100, 1)}
            </td>
          </tr>
        </tbody>
      </table>
    </Panel>
  );
}

function ContributionBar({ share }: { share: number }) {
  return (
    <svg viewBox="-100 0 200 14" preserveAspectRatio="none" className={styles.driverBar} aria-hidden="true">
      <rect
        x={Math.min(0, share * 100)}
        y="1"
        width={Math.abs(share) * 100}
        height="12"
        className={share < 0 ? ui.fillBenign : ui.fillMalignant}
      />
      <line x1="0" x2="0" y1="0" y2="14" className={ui.zeroLine} />
    </svg>
  );
}

function formatPoints(value: number): string {
  const points = formatFixed(Math.abs(value) * 100, 1);
  if (points === formatFixed(0, 1)) return points;
  return `${value < 0 ? '−' : '+'}${points}`;
}
