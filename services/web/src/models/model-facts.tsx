import { isGrade } from '../predictions/form/feature-value';
import { formatCount, formatShare } from '../ui/format';
import { useEvaluation } from './evaluation';
import { useModelVersion } from './model-queries';

/** Tells what a model is for: its inputs, its answer and how many malignant cases it found in testing. */
export function ModelFacts({ name, version }: { name: string; version: string }) {
  const { data } = useModelVersion(name, version);
  const { data: evaluation } = useEvaluation(name, version);
  if (data === undefined) return null;
  const { features, labels, training } = data;
  const sensitivity = evaluation?.cv['sensitivity'];
  const [low, high] = evaluation?.cv_intervals['sensitivity'] ?? [];
  const facts = [
    ['Inputs', `${formatCount(features.length)} ${features.every(isGrade) ? 'grades from 1 to 10' : 'measurements'}`],
    ['Result', `${labels.join(' or ')}, with its probability`],
    ['Training cases', formatCount(training.rows)],
    ...(sensitivity === undefined
      ? []
      : [
          [
            'Sensitivity in testing',
            `${formatShare(sensitivity)}${
              low === undefined || high === undefined
                ? ''
                : ` (95 % interval ${formatShare(low)} to ${formatShare(high)})`
            }`,
          ],
        ]),
  ];
  return (
    <dl className="facts">
      {facts.map(([term, text]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
