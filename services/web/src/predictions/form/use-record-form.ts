import type { Feature } from '@cytoqueue/client';
import { type KeyboardEvent, useRef, useState } from 'react';
import { isGrade, parseFeatureValue } from './feature-value';
import type { Draft } from './draft';
import type { ChangeDraft } from './draft-context';
import { isExitKey, splitGradeInput } from './grade-input';
import { usePaste } from './use-paste';

interface RecordFormOptions {
  features: readonly Feature[];
  draft: Draft;
  change: ChangeDraft;
  autoAdvance: boolean;
}

/** State of the record form: typing moves on from field to field, a pasted line fills all of them. */
export function useRecordForm({ features, draft, change, autoAdvance }: RecordFormOptions) {
  const inputs = useRef<(HTMLInputElement | null)[]>([]);
  const submit = useRef<HTMLButtonElement>(null);
  /** Field that has just received the focus automatically. */
  const advancedTo = useRef<number>(undefined);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});

  const focus = (field: number): void => {
    if (field >= features.length) submit.current?.focus();
    else inputs.current[Math.max(0, field)]?.focus();
  };
  const clearError = (name: string): void =>
    setErrors((errors) => Object.fromEntries(Object.entries(errors).filter(([other]) => other !== name)));

  const onType = (field: number, typed: string): void => {
    const feature = features[field] as Feature;
    const before = draft.texts[feature.name] ?? '';
    const { text, next } =
      autoAdvance && isGrade(feature) && isKeystroke(before, typed)
        ? splitGradeInput(typed)
        : { text: typed, next: undefined };
    change(({ texts }) => ({ texts: { ...texts, [feature.name]: text } }));
    clearError(feature.name);
    if (next === undefined) return;
    focus(field + 1);
    advancedTo.current = field + 1;
    if (next !== '' && field + 1 < features.length) onType(field + 1, next);
  };

  const onKeyDown = (field: number, event: KeyboardEvent<HTMLInputElement>): void => {
    const isEmpty = event.currentTarget.value === '';
    const isPassed = advancedTo.current === field && isEmpty && isExitKey(event);
    advancedTo.current = undefined;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isBack = event.key === 'ArrowUp' || (event.key === 'Backspace' && isEmpty);
    const isOn = event.key === 'ArrowDown' || event.key === 'Enter';
    if (!isPassed && !isBack && !isOn) return;
    event.preventDefault();
    if (!isPassed) focus(field + (isBack ? -1 : 1));
  };

  const pasting = usePaste({ features, draft, change, focus, clearError, onFilled: () => setErrors({}) });

  /** Shows the error of a field after it loses the focus; empty fields may still be filled. */
  const onBlur = (field: number): void => {
    const feature = features[field] as Feature;
    const value = parseFeatureValue(draft.texts[feature.name] ?? '', feature);
    if (value.kind === 'invalid') setErrors((others) => ({ ...others, [feature.name]: value.text }));
  };
  return { inputs, submit, pasting, errors, setErrors, focus, onType, onKeyDown, onBlur };
}

/** Whether one character was appended. Text that arrives at once (dropped, dictated) is not split over fields. */
function isKeystroke(before: string, now: string): boolean {
  return now.length <= 1 || (now.startsWith(before) && now.length === before.length + 1);
}
