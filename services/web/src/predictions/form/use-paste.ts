import type { Feature } from '@cytoqueue/client';
import { type ClipboardEvent, useState } from 'react';
import { parseFeatureValue } from './feature-value';
import type { Draft } from './draft';
import type { ChangeDraft } from './draft-context';
import { type PastedRow, type Reading, parsePastedRow } from './pasted-row';

interface PasteOptions {
  features: readonly Feature[];
  draft: Draft;
  change: ChangeDraft;
  focus: (field: number) => void;
  clearError: (name: string) => void;
  onFilled: () => void;
}

/**
 * Handles text pasted into the form: a whole record fills every field, a single value its own field; ambiguous text
 * opens a question.
 */
export function usePaste({ features, draft, change, focus, clearError, onFilled }: PasteOptions) {
  const [note, setNote] = useState('');
  const [question, setQuestion] = useState<readonly Reading[]>([]);

  const fill = ({ values, reference, ignoredClass }: Reading): void => {
    const hadValues = Object.values(draft.texts).some((text) => text !== '');
    const texts = Object.fromEntries(features.map(({ name }, index) => [name, values[index] ?? '']));
    // Pasted values without a reference may belong to another patient, so the old reference is removed.
    const isDoubtful = reference === undefined && hadValues && draft.reference !== '';
    change({ texts, ...(reference !== undefined || isDoubtful ? { reference: reference ?? '' } : {}) });
    setQuestion([]);
    setNote(
      filledText(features.length, {
        reference,
        leftOut: ignoredClass,
        removed: isDoubtful ? draft.reference : undefined,
      }),
    );
    onFilled();
    const empty = values.indexOf('');
    focus(empty < 0 ? features.length : empty);
  };

  /** @returns whether the text was handled; a single value is left to the field */
  const accept = (pasted: PastedRow): boolean => {
    setQuestion([]);
    if (pasted.kind === 'value') return false;
    if (pasted.kind === 'refused') setNote(pasted.reason);
    else if (pasted.certain) fill(pasted.readings[0]);
    else {
      setNote('');
      setQuestion(pasted.readings);
    }
    return true;
  };

  const paste = (field: number, event: ClipboardEvent<HTMLInputElement>): void => {
    const pasted = parsePastedRow(event.clipboardData.getData('text/plain'), features);
    event.preventDefault();
    if (accept(pasted) || pasted.kind !== 'value') return;
    const feature = features[field] as Feature;
    const cell = parseFeatureValue(pasted.text, feature);
    if (cell.kind === 'invalid') setNote(`${cell.text} The form is unchanged.`);
    else {
      change(({ texts }) => ({ texts: { ...texts, [feature.name]: pasted.text } }));
      clearError(feature.name);
      focus(field + 1);
    }
  };

  /** A whole row pasted into the reference's field fills the form; anything else is the reference. */
  const pasteReference = (event: ClipboardEvent): void => {
    const pasted = parsePastedRow(event.clipboardData.getData('text/plain'), features);
    if (pasted.kind !== 'readings') return;
    event.preventDefault();
    accept(pasted);
  };

  const remindOfQuestion = (): void => setNote('Answer the question about the pasted row first.');

  const reject = (): void => {
    setQuestion([]);
    setNote('The form is unchanged.');
    focus(0);
  };
  return { note, question, fill, reject, remindOfQuestion, paste, pasteReference };
}

function filledText(
  count: number,
  {
    reference,
    leftOut,
    removed,
  }: { reference: string | undefined; leftOut: string | undefined; removed: string | undefined },
): string {
  const parts = [`All ${count} values filled in`];
  if (reference !== undefined) parts.push(`for reference ${reference}`);
  const sentences = [`${parts.join(' ')}.`];
  if (leftOut !== undefined) sentences.push(`The class “${leftOut}” after them was not used.`);
  if (removed !== undefined)
    sentences.push(`The reference ${removed} was removed, because these values may belong to another record.`);
  return sentences.join(' ');
}
