import type { ModelVersion } from '@cytoqueue/client';
import { formatShare } from '../ui/format';
import { Panel } from '../ui/panel';
import { useEvaluation } from './evaluation';
import { TEXTS } from './texts';

/** Sensitivity, specificity and accuracy, each with its interval. */
export function ScoreTiles({ version: { name, version, labels } }: { version: ModelVersion }) {
  const { data } = useEvaluation(name, version);
  if (!data) return null;
  const [negative = '', positive = ''] = labels;
  const scores = [
    { key: 'sensitivity', name: TEXTS.sensitivity, meaning: TEXTS.scoreTiles.classified(positive) },
    { key: 'specificity', name: TEXTS.specificity, meaning: TEXTS.scoreTiles.classified(negative) },
    { key: 'accuracy', name: TEXTS.scoreTiles.accuracy, meaning: TEXTS.scoreTiles.accuracyText },
  ];
  return (
    <Panel title={TEXTS.scoreTiles.title} lead={TEXTS.scoreTiles.lead}>
      <dl className="tiles">
        {scores.map(({ key, name: score, meaning }) => {
          const [low, high] = data.cv_intervals[key] ?? [];
          return (
            <div key={key} className="tile">
              <dt>{score}</dt>
              <dd className="tile-value">{formatShare(data.cv[key] ?? 0)}</dd>
              <dd className="small muted">
                {low === undefined || high === undefined
                  ? meaning
                  : TEXTS.scoreTiles.withInterval(meaning, formatShare(low), formatShare(high))}
              </dd>
            </div>
          );
        })}
      </dl>
    </Panel>
  );
}
