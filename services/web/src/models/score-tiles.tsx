import { formatShare } from '../ui/format';
import { Panel } from '../ui/panel';
import { useEvaluation } from './evaluation';

const SCORES = [
  { key: 'sensitivity', name: 'Sensitivity', meaning: 'of malignant cases called malignant' },
  { key: 'specificity', name: 'Specificity', meaning: 'of benign cases called benign' },
  { key: 'accuracy', name: 'Accuracy', meaning: 'of all cases called rightly' },
] as const;

/** The three figures that a clinician asks for, each with its interval. */
export function ScoreTiles({ name, version }: { name: string; version: string }) {
  const { data } = useEvaluation(name, version);
  if (!data) return null;
  return (
    <Panel
      title="How good it is"
      lead="From cross-validation: each case was asked of a model that had not seen it. All cases come from one hospital, so expect it to be worse elsewhere."
    >
      <dl className="tiles">
        {SCORES.map(({ key, name: score, meaning }) => {
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
