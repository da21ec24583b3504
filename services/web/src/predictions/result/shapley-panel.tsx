import { type ModelVersion, type PredictionResult, probabilityOf } from '@cytoqueue/client';
import { probabilitySubject } from '../../ui/class-words';
import { Panel } from '../../ui/panel';
import { formatFixed, formatProbability, formatShare } from '../../ui/format';
import { featureTitle } from './feature-titles';
import { TEXTS } from './texts';

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
      <table className="drivers">
        <thead>
          <tr>
            <th scope="col">{TEXTS.shapleyPanel.feature}</th>
            <th scope="col" className="driver-sides">
              <span>← {negative}</span>
              <span>{positive} →</span>
            </th>
            <th scope="col" className="number">
              {TEXTS.shapleyPanel.points}
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{TEXTS.shapleyPanel.baseline}</th>
            <td className="small muted">{TEXTS.shapleyPanel.baselineText(positive)}</td>
            <td className="number" translate="no">
              {formatFixed(base * 100, 1)}
            </td>
          </tr>
          {contributions.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{featureTitle(name, features)}</th>
              <td>
                <ContributionBar share={value / largest} />
              </td>
              <td className="number">{formatPoints(value)}</td>
            </tr>
          ))}
          <tr className="total">
            <th scope="row">{TEXTS.shapleyPanel.total}</th>
            <td className="small muted">{TEXTS.shapleyPanel.totalText(probabilitySubject(result))}</td>
            <td className="number" translate="no">
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
    <svg viewBox="-100 0 200 14" preserveAspectRatio="none" className="driver-bar" aria-hidden="true">
      <rect
        x={Math.min(0, share * 100)}
        y="1"
        width={Math.abs(share) * 100}
        height="12"
        className={share < 0 ? 'fill-benign' : 'fill-malignant'}
      />
      <line x1="0" x2="0" y1="0" y2="14" className="driver-axis" />
    </svg>
  );
}

function formatPoints(value: number): string {
  const points = formatFixed(Math.abs(value) * 100, 1);
  if (points === formatFixed(0, 1)) return points;
  return `${value < 0 ? '−' : '+'}${points}`;
}
