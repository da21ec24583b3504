import type { TrainingEvaluation } from '@cytoqueue/client';
import { Link } from 'react-router';
import { ModelCardPanel } from '../models/model-card-panel';
import { useModelVersion } from '../models/model-queries';
import { modelAddress, modelLabel, parseModelReference } from '../models/model-reference';
import { formatFixed, formatShare } from '../ui/format';
import { Panel } from '../ui/panel';
import { StatTiles } from '../ui/stat-tiles';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

interface TrainingResultProps {
  /** `own/NAME@VERSION` */
  model: string;
  evaluation: TrainingEvaluation;
}

/** Figures of the trained version, what can be done with it, and its card. */
export function TrainingResult({ model, evaluation }: TrainingResultProps) {
  const { name, version } = parseModelReference(model);
  const { folds, repetitions } = evaluation;
  return (
    <>
      <Panel title={TEXTS.trainingResult.title} lead={TEXTS.trainingResult.lead(folds, repetitions)}>
        <Figures name={name} version={version} evaluation={evaluation} />
      </Panel>
      <Panel title={TEXTS.trainingResult.use}>
        <ul className={ui.bullets}>
          <li>{TEXTS.trainingResult.shows(<Link to={modelAddress(name, version)}>{modelLabel(model)}</Link>)}</li>
          <li>
            {TEXTS.trainingResult.choose(
              <span translate="no">{name}</span>,
              (text) => (
                <Link to="/models">{text}</Link>
              ),
              (text) => (
                <Link to="/settings">{text}</Link>
              ),
            )}
          </li>
          <li>{TEXTS.trainingResult.containsRows}</li>
        </ul>
      </Panel>
      <ModelCardPanel name={name} version={version} />
    </>
  );
}

function Figures({
  name,
  version,
  evaluation: { cv, cv_intervals: intervals, coverage },
}: {
  name: string;
  version: string;
  evaluation: TrainingEvaluation;
}) {
  const { data } = useModelVersion(name, version);
  const [negative = TEXTS.trainingResult.negative, positive = TEXTS.trainingResult.positive] = data?.labels ?? [];
  const scores = [
    {
      key: 'sensitivity',
      title: TEXTS.trainingResult.sensitivity,
      meaning: TEXTS.trainingResult.classified(positive),
      isShare: true,
    },
    {
      key: 'specificity',
      title: TEXTS.trainingResult.specificity,
      meaning: TEXTS.trainingResult.classified(negative),
      isShare: true,
    },
    { key: 'auc', title: TEXTS.trainingResult.auc, meaning: TEXTS.trainingResult.aucText, isShare: false },
    { key: 'brier', title: TEXTS.trainingResult.brier, meaning: TEXTS.trainingResult.brierText, isShare: false },
  ];
  const tiles = scores.flatMap(({ key, title, meaning, isShare }) => {
    const value = cv[key];
    if (value === undefined) return [];
    const format = (figure: number) => (isShare ? formatShare(figure) : formatFixed(figure, 3));
    const [low, high] = intervals[key] ?? [];
    const hint =
      low === undefined || high === undefined
        ? meaning
        : TEXTS.trainingResult.withInterval(meaning, format(low), format(high));
    return [{ name: title, value: format(value), hint }];
  });
  const confident = {
    name: TEXTS.trainingResult.coverage,
    value: formatShare(coverage),
    hint: TEXTS.trainingResult.coverageText,
  };
  return <StatTiles tiles={[...tiles, confident]} />;
}
