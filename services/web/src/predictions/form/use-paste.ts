import type { Feature } from '@cytoqueue/client';
import { type ClipboardEvent, useState } from 'react';
import { canonicalText, parseFeatureValue } from './feature-value';
import type { Draft } from './draft';
import type { ChangeDraft } from './draft-context';
import { type PastedRow, type Interpretation, parsePastedRow } from './pasted-row';
import { TEXTS } from './texts';

interface PasteOptions {
  features: readonly Feature[];
  draft: Draft;
  change: ChangeDraft;
  focus: (field: number) => void;
  /** Number of the field that contains an element; -1 for none. */
  fieldOf: (element: HTMLElement) => number;
  clearError: (name: string) => void;
  onFilled: () => void;
}

/**
 * Handles text pasted into the form: a whole record fills every field, a single value its own field; ambiguous text
 * opens a question.
 */
export function usePaste({ features, draft, change, focus, fieldOf, clearError, onFilled }: PasteOptions) {
  const [note, setNote] = useState('');
  const [isRefused, setIsRefused] = useState(false);
  const [interpretations, setInterpretations] = useState<readonly Interpretation[]>([]);

  const fill = ({ values, reference, notUsed }: Interpretation): void => {
    const hadValues = Object.values(draft.texts).some((text) => text !== '');
    const texts = Object.fromEntries(
      features.map((feature, index) => [feature.name, canonicalText(values[index] ?? '', feature)]),
    );
    // Pasted values without a reference may belong to another patient, so the old reference is removed.
    const isDoubtful = reference === undefined && hadValues && draft.sampleReference !== '';
    change({
      texts,
      isRestored: false,
      ...(reference !== undefined || isDoubtful ? { sampleReference: reference ?? '' } : {}),
    });
    setInterpretations([]);
    setIsRefused(false);
    setNote(
      filledText(features.length, {
        reference,
        notUsed,
        removed: isDoubtful ? draft.sampleReference : undefined,
      }),
    );
    onFilled();
    const empty = values.indexOf('');
    focus(empty < 0 ? features.length : empty);
  };

  const showRefusal = (reason: string): void => {
    setNote(reason);
    setIsRefused(true);
  };

  /** @returns whether the text was handled; a single value is left to the field */
  const applyPasted = (pasted: PastedRow): boolean => {
    setInterpretations([]);
    if (pasted.kind === 'value') return false;
    if (pasted.kind === 'refused') showRefusal(pasted.reason);
    else if (pasted.certain) fill(pasted.interpretations[0]);
    else {
      setNote('');
      setInterpretations(pasted.interpretations);
    }
    return true;
  };

  /** For the whole form. A reference stays in its field, unless it is a whole row. */
  const paste = (event: ClipboardEvent): void => {
    const target = event.target as HTMLElement;
    const field = fieldOf(target);
    const pasted = parsePastedRow(event.clipboardData.getData('text/plain'), features);
    const isReference = field < 0 && target instanceof HTMLInputElement && target.dataset['paste'] === undefined;
    if (isReference && pasted.kind !== 'interpretations') return;
    event.preventDefault();
    if (applyPasted(pasted) || pasted.kind !== 'value') return;
    const feature = features[field];
    if (feature === undefined) return showRefusal(TEXTS.pastedRow.oneValue);
    const cell = parseFeatureValue(pasted.text, feature);
    if (cell.kind === 'invalid') showRefusal(`${cell.message} ${TEXTS.pastedRow.unchanged}`);
    else {
      change(({ texts }) => ({ texts: { ...texts, [feature.name]: canonicalText(pasted.text, feature) } }));
      clearError(feature.name);
      focus(field + 1);
    }
  };

  const remindOfQuestion = (): void => showRefusal(TEXTS.pastedRow.answerFirst);

  const reset = (): void => {
    setInterpretations([]);
    setIsRefused(false);
    setNote('');
  };

  const discardInterpretations = (): void => {
    reset();
    setNote(TEXTS.pastedRow.unchanged);
    focus(0);
  };
  return { note, isRefused, interpretations, fill, discardInterpretations, reset, remindOfQuestion, paste };
}

function filledText(
  count: number,
  {
    reference,
    notUsed,
    removed,
  }: { reference: string | undefined; notUsed: string | undefined; removed: string | undefined },
): string {
  const sentences = [TEXTS.pastedRow.filled(count, reference)];
  if (notUsed !== undefined) sentences.push(TEXTS.pastedRow.notUsed(notUsed));
  if (removed !== undefined) sentences.push(TEXTS.pastedRow.referenceRemoved(removed));
  return sentences.join(' ');
}
