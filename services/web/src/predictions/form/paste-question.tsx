import type { Feature } from '@cytoqueue/client';
import { Button } from '../../ui/button';
import type { Reading } from './pasted-row';

interface PasteQuestionProps {
  readings: readonly Reading[];
  features: readonly Feature[];
  onAccept: (reading: Reading) => void;
  onReject: () => void;
}

/** Shows the possible interpretations of pasted text and applies the one that the user chooses, or none. */
export function PasteQuestion({ readings, features, onAccept, onReject }: PasteQuestionProps) {
  const [first] = features;
  return (
    <div className="notice warning stack" role="group" aria-label="What was pasted">
      <p>
        {readings.length > 1
          ? 'The pasted row is ambiguous.'
          : `Check the pasted row: does the ${readings[0]?.reference === undefined ? 'first cell' : 'second cell'} belong to ${first?.title ?? ''}?`}
      </p>
      {readings.map((reading) => (
        <div key={JSON.stringify(reading)} className="stack">
          <dl className="small" translate="no">
            {reading.reference !== undefined && (
              <>
                <dt>Reference</dt>
                <dd>{reading.reference}</dd>
              </>
            )}
            <dt>Values</dt>
            <dd>{reading.values.map((value) => (value === '' ? '–' : value)).join(' · ')}</dd>
            {reading.ignoredClass !== undefined && (
              <>
                <dt>Not used</dt>
                <dd>{reading.ignoredClass}</dd>
              </>
            )}
          </dl>
          <Button onPress={() => onAccept(reading)}>{readingLabel(reading)}</Button>
        </div>
      ))}
      <Button variant="quiet" onPress={onReject}>
        Discard
      </Button>
    </div>
  );
}

function readingLabel({ reference, values }: Reading): string {
  return reference === undefined
    ? `Yes, starting with ${values[0] === '' ? 'an empty cell' : values[0]}`
    : `Yes, for reference ${reference}`;
}
