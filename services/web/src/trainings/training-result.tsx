import type { TrainingEvaluation } from '@cytoqueue/client';
import { Link } from 'react-router';
import { ModelCardPanel } from '../models/model-card-panel';
import { useModelVersion } from '../models/model-queries';
import { modelAddress, modelLabel, parseModelReference } from '../models/model-reference';
import { formatShare } from '../ui/format';
import { Panel } from '../ui/panel';
import { StatTiles } from '../ui/stat-tiles';

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
      <Panel
        title="Performance"
        lead={`From ${folds}-fold cross-validation, repeated ${repetitions} times: each case was predicted by a model trained without it. The figures describe your cases and say nothing about another laboratory.`}
      >
        <Figures name={name} version={version} evaluation={evaluation} />
      </Panel>
      <Panel title="Use the version">
        <ul className="limits">
          <li>
            <Link to={modelAddress(name, version)}>{modelLabel(model)}</Link> shows its features and how it compares
            with the versions in use.
          </li>
          <li>
            It is used only where you choose it. To score a file or a record with it, choose it as the model there. To
            score with it wherever <span translate="no">{name}</span> is named, make it current on the page{' '}
            <Link to="/models">Models</Link>; to score with it wherever no model is named, choose it in the{' '}
            <Link to="/settings">settings</Link>.
          </li>
          <li>
            The model contains its training rows. Deleting the file does not erase patients from it; deleting the
            version does.
          </li>
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
  const [negative = 'negative', positive = 'positive'] = data?.labels ?? [];
  const scores = [
    {
      key: 'sensitivity',
      title: 'Sensitivity',
      meaning: `of ${positive} cases classified as ${positive}`,
      isShare: true,
    },
    {
      key: 'specificity',
      title: 'Specificity',
      meaning: `of ${negative} cases classified as ${negative}`,
      isShare: true,
    },
    { key: 'auc', title: 'AUC', meaning: 'area under the ROC curve; 1 is best', isShare: false },
    { key: 'brier', title: 'Brier score', meaning: 'error of the probability; 0 is best', isShare: false },
  ];
  const tiles = scores.flatMap(({ key, title, meaning, isShare }) => {
    const value = cv[key];
    if (value === undefined) return [];
    const format = (figure: number) => (isShare ? formatShare(figure) : figure.toFixed(3));
    const [low, high] = intervals[key] ?? [];
    const interval =
      low === undefined || high === undefined ? '' : `; 95\u00a0% interval ${format(low)} to ${format(high)}`;
    return [{ name: title, value: format(value), hint: `${meaning}${interval}` }];
  });
  const confident = {
    name: 'Confident answers',
    value: formatShare(coverage),
    hint: 'of all cases; others are undecided',
  };
  return <StatTiles tiles={[...tiles, confident]} />;
}
