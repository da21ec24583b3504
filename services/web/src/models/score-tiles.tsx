import type { ModelVersion } from '@cytoqueue/client';
import { formatShare } from '../ui/format';
import { Panel } from '../ui/panel';
import { useEvaluation } from './evaluation';

/** Sensitivity, specificity and accuracy, each with its interval. */
export function ScoreTiles({ version: { name, version, labels } }: { version: ModelVersion }) {
  const { data } = useEvaluation(name, version);
  if (!data) return null;
  const [negative, positive] = labels;
  const scores = [
    { key: 'sensitivity', name: 'Sensitivity', meaning: `of ${positive} cases classified as ${positive}` },
    { key: 'specificity', name: 'Specificity', meaning: `of ${negative} cases classified as ${negative}` },
    { key: 'accuracy', name: 'Accuracy', meaning: 'of all cases classified correctly' },
  ];
  return (
    <Panel
      title="Performance"
      lead="From cross-validation: each case was predicted by a model trained without it. All cases come from one hospital, so expect worse results elsewhere."
    >
      <dl className="tiles">
        {scores.map(({ key, name: score, meaning }) => {
          const [low, high] = data.cv_intervals[key] ?? [];
          return (
            <div key={key} className="tile">
              <dt>{score}</dt>
              <dd className="tile-value">{formatShare(data.cv[key] ?? 0)}</dd>
              <dd className="small muted">
                {meaning}
                {low !== undefined &&
                  high !== undefined &&
                  `; 95 % interval ${formatShare(low)} to ${formatShare(high)}`}
              </dd>
            </div>
          );
        })}
      </dl>
    </Panel>
  );
}
