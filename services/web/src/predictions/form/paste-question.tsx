import type { Feature } from '@cytoqueue/client';
import { Button } from '../../ui/button';
import type { Interpretation } from './pasted-row';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

interface PasteQuestionProps {
  interpretations: readonly Interpretation[];
  features: readonly Feature[];
  onAccept: (interpretation: Interpretation) => void;
  onReject: () => void;
}

/** Shows the possible interpretations of pasted text and applies the one that the user chooses, or none. */
export function PasteQuestion({ interpretations, features, onAccept, onReject }: PasteQuestionProps) {
  const [first] = features;
  return (
    <div className={`${ui.notice} ${ui.noticeWarning} ${ui.stack}`} role="group" aria-label={TEXTS.pasteQuestion.label}>
      <p>
        {interpretations.length > 1
          ? TEXTS.pasteQuestion.ambiguous
          : TEXTS.pasteQuestion.check(interpretations[0]?.reference !== undefined, first?.title ?? '')}
      </p>
      {interpretations.map((interpretation) => (
        <div key={JSON.stringify(interpretation)} className={ui.stack}>
          <dl className={ui.small} translate="no">
            {interpretation.reference !== undefined && (
              <>
                <dt>{TEXTS.reference}</dt>
                <dd>{interpretation.reference}</dd>
              </>
            )}
            <dt>{TEXTS.pasteQuestion.values}</dt>
            <dd>{interpretation.values.map((value) => (value === '' ? '–' : value)).join(' · ')}</dd>
            {interpretation.ignoredClass !== undefined && (
              <>
                <dt>{TEXTS.pasteQuestion.notUsed}</dt>
                <dd>{interpretation.ignoredClass}</dd>
              </>
            )}
          </dl>
          <Button onPress={() => onAccept(interpretation)}>{interpretationLabel(interpretation)}</Button>
        </div>
      ))}
      <Button variant="quiet" onPress={onReject}>
        {TEXTS.pasteQuestion.discard}
      </Button>
    </div>
  );
}

function interpretationLabel({ reference, values }: Interpretation): string {
  return reference === undefined
    ? TEXTS.pasteQuestion.startsWith(values[0] || TEXTS.pasteQuestion.emptyCell)
    : TEXTS.pasteQuestion.forReference(reference);
}
