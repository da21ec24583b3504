import type { ModelVersion } from '@cytoqueue/client';
import { formatShare } from '../ui/format';
import { Panel } from '../ui/panel';
import { StatTiles } from '../ui/stat-tiles';
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
      <StatTiles
        tiles={scores.map(({ key, name: score, meaning }) => {
          const [low, high] = data.cv_intervals[key] ?? [];
          return {
            name: score,
            value: formatShare(data.cv[key] ?? 0),
            hint:
              low === undefined || high === undefined
                ? meaning
                : TEXTS.scoreTiles.withInterval(meaning, formatShare(low), formatShare(high)),
          };
        })}
      />
    </Panel>
  );
}
