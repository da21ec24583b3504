import { isTenStepGrade } from '../predictions/form/feature-value';
import { formatCount, formatShare } from '../ui/format';
import { useEvaluation } from './evaluation';
import { useModelVersion } from './model-queries';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';

/** Tells what a model is for: its inputs, its answer and how many malignant cases it found in testing. */
export function ModelFacts({ name, version }: { name: string; version: string }) {
  const { data } = useModelVersion(name, version);
  const { data: evaluation } = useEvaluation(name, version);
  if (data === undefined) return null;
  const { features, labels, training } = data;
  const sensitivity = evaluation?.cv['sensitivity'];
  const [low, high] = evaluation?.cv_intervals['sensitivity'] ?? [];
  const facts = [
    [
      TEXTS.modelFacts.inputs,
      features.every(isTenStepGrade)
        ? TEXTS.modelFacts.grades(formatCount(features.length))
        : TEXTS.modelFacts.measurements(formatCount(features.length)),
    ],
    [TEXTS.modelFacts.result, TEXTS.modelFacts.resultText(labels)],
    [TEXTS.modelFacts.trainingCases, formatCount(training.rows)],
    ...(sensitivity === undefined
      ? []
      : [
          [
            TEXTS.modelFacts.sensitivity,
            low === undefined || high === undefined
              ? formatShare(sensitivity)
              : TEXTS.modelFacts.withInterval(formatShare(sensitivity), formatShare(low), formatShare(high)),
          ],
        ]),
  ];
  return (
    <dl className={ui.facts}>
      {facts.map(([term, text]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
