import { type ModelVersion, type PredictionResult, probabilityOf } from '@cytoqueue/client';
import { probabilitySubject } from '../../ui/class-words';
import { Panel } from '../../ui/panel';
import { formatProbability, formatShare } from '../../ui/format';
import { featureTitle } from './feature-titles';

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
      title="Feature contributions"
      lead={`${formatShare(base)} of the training cases are ${positive}. Each feature raises or lowers this probability by its Shapley value (averaged over ${isSampled ? 'some' : 'all'} orders of the features); together they give ${formatProbability(probabilityOf(result))}.`}
    >
      <table className="drivers">
        <thead>
          <tr>
            <th scope="col">Feature</th>
            <th scope="col" className="driver-sides">
              <span>← {negative}</span>
              <span>{positive} →</span>
            </th>
            <th scope="col" className="number">
              Points
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Baseline</th>
            <td className="small muted">share of {positive} training cases</td>
            <td className="number" translate="no">
              {(base * 100).toFixed(1)}
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
            <th scope="row">Total</th>
            <td className="small muted">probability of {probabilitySubject(result)}</td>
            <td className="number" translate="no">
              {(probabilityOf(result) * 100).toFixed(1)}
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
  const points = (value * 100).toFixed(1);
  return Number(points) > 0 ? `+${points}` : points.replace('-', '−').replace(/^−?0\.0$/, '0.0');
}
