import type { Feature } from '@cytoqueue/client';
import { Button } from '../../ui/button';
import { isTenStepGrade, parseFeatureValue } from './feature-value';
import type { Interpretation } from './pasted-row';
import { GradeSequence } from './read-back';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './read-back.module.css';

interface PasteQuestionProps {
  interpretations: readonly Interpretation[];
  features: readonly Feature[];
  onAccept: (interpretation: Interpretation) => void;
  onReject: () => void;
}

/** Shows the possible interpretations of pasted text and applies the one that the user chooses, or none. */
export function PasteQuestion({ interpretations, features, onAccept, onReject }: PasteQuestionProps) {
  return (
    <div className={`${ui.notice} ${ui.noticeWarning} ${ui.stack}`} role="group" aria-label={TEXTS.pasteQuestion.label}>
      <p>
        {interpretations.length > 1
          ? TEXTS.pasteQuestion.ambiguous
          : TEXTS.pasteQuestion.check(features[0]?.title ?? '', features.at(-1)?.title ?? '')}
      </p>
      {interpretations.map((interpretation) => (
        <div key={JSON.stringify(interpretation)} className={ui.stack}>
          <InterpretationText interpretation={interpretation} features={features} />
          <Button onPress={() => onAccept(interpretation)}>{interpretationLabel(interpretation)}</Button>
        </div>
      ))}
      <Button variant="quiet" onPress={onReject}>
        {TEXTS.pasteQuestion.discard}
      </Button>
    </div>
  );
}

interface InterpretationTextProps {
  interpretation: Interpretation;
  features: readonly Feature[];
}

function InterpretationText({ interpretation, features }: InterpretationTextProps) {
  const { reference, values, notUsed } = interpretation;
  return (
    <dl className={styles.readback} translate="no">
      {reference !== undefined && (
        <div>
          <dt>{TEXTS.reference}</dt>
          <dd>
            <strong>{reference}</strong>
          </dd>
        </div>
      )}
      <div>
        <dt>{TEXTS.pasteQuestion.values}</dt>
        <dd>
          {features.every(isTenStepGrade) ? (
            <GradeSequence values={features.map((feature, index) => parseFeatureValue(values[index] ?? '', feature))} />
          ) : (
            values.map((value) => (value === '' ? '–' : value)).join(' · ')
          )}
        </dd>
      </div>
      {notUsed !== undefined && (
        <div>
          <dt>{TEXTS.pasteQuestion.notUsed}</dt>
          <dd>{notUsed}</dd>
        </div>
      )}
    </dl>
  );
}

function interpretationLabel({ reference, values }: Interpretation): string {
  return reference === undefined
    ? TEXTS.pasteQuestion.startsWith(values[0] || TEXTS.pasteQuestion.emptyCell)
    : TEXTS.pasteQuestion.forReference(reference);
}
