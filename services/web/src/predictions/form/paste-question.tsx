import type { Feature } from '@cytoqueue/client';
import { Button } from '../../ui/button';
import type { Interpretation } from './pasted-row';

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
    <div className="notice warning stack" role="group" aria-label="What was pasted">
      <p>
        {interpretations.length > 1
          ? 'The pasted row is ambiguous.'
          : `Check the pasted row: does the ${interpretations[0]?.reference === undefined ? 'first cell' : 'second cell'} belong to ${first?.title ?? ''}?`}
      </p>
      {interpretations.map((interpretation) => (
        <div key={JSON.stringify(interpretation)} className="stack">
          <dl className="small" translate="no">
            {interpretation.reference !== undefined && (
              <>
                <dt>Reference</dt>
                <dd>{interpretation.reference}</dd>
              </>
            )}
            <dt>Values</dt>
            <dd>{interpretation.values.map((value) => (value === '' ? '–' : value)).join(' · ')}</dd>
            {interpretation.ignoredClass !== undefined && (
              <>
                <dt>Not used</dt>
                <dd>{interpretation.ignoredClass}</dd>
              </>
            )}
          </dl>
          <Button onPress={() => onAccept(interpretation)}>{interpretationLabel(interpretation)}</Button>
        </div>
      ))}
      <Button variant="quiet" onPress={onReject}>
        Discard
      </Button>
    </div>
  );
}

function interpretationLabel({ reference, values }: Interpretation): string {
  return reference === undefined
    ? `Yes, starting with ${values[0] === '' ? 'an empty cell' : values[0]}`
    : `Yes, for reference ${reference}`;
}
