import type { Feature } from '@cytoqueue/client';
import { type KeyboardEvent, useRef, useState } from 'react';
import { isTenStepGrade, parseFeatureValue } from './feature-value';
import type { Draft } from './draft';
import type { ChangeDraft } from './draft-context';
import { usePaste } from './use-paste';

interface RecordFormOptions {
  features: readonly Feature[];
  draft: Draft;
  change: ChangeDraft;
  autoAdvance: boolean;
}

/** Keys that end a value in other programs. Right after an automatic move they are ignored, so that no field is skipped. */
const END_KEYS = ['Enter', 'Tab', 'ArrowDown', ' ', ',', ';'];

/** State of the record form: typing moves on from field to field, a pasted line fills all of them. */
export function useRecordForm({ features, draft, change, autoAdvance }: RecordFormOptions) {
  const fields = useRef<(HTMLElement | null)[]>([]);
  const submitButton = useRef<HTMLButtonElement>(null);
  /** Field in which the last key was a 1, which a 0 makes a 10. */
  const fieldThatMayBecomeTen = useRef<number>(undefined);
  /** Field that has just received the focus automatically. */
  const advancedTo = useRef<number>(undefined);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});

  const focus = (field: number): void => {
    const element = fields.current[Math.max(0, field)];
    if (field >= features.length) submitButton.current?.focus();
    else (element?.querySelector<HTMLElement>('input:checked') ?? element?.querySelector('input'))?.focus();
  };
  const clearError = (name: string): void =>
    setErrors((errors) => Object.fromEntries(Object.entries(errors).filter(([other]) => other !== name)));

  const setText = (field: number, text: string): void => {
    const { name } = features[field] as Feature;
    fieldThatMayBecomeTen.current = undefined;
    change(({ texts }) => ({ texts: { ...texts, [name]: text } }));
    clearError(name);
  };

  const typeGrade = (field: number, text: string): void => {
    setText(field, text);
    if (text === '1') fieldThatMayBecomeTen.current = field;
    if (!autoAdvance) return;
    focus(field + 1);
    advancedTo.current = field + 1;
  };

  /** @returns false for a key that has no meaning in a grade's field */
  const handleGradeKey = (field: number, key: string, isEmpty: boolean): boolean => {
    if (/^[1-9]$/.test(key)) typeGrade(field, key);
    else if (/^[?nN]$/.test(key)) typeGrade(field, '?');
    else if (key === 'Enter') focus(field + 1);
    else if (key === 'Backspace' || key === 'Delete') {
      if (isEmpty) focus(field - 1);
      else setText(field, '');
    } else return false;
    return true;
  };

  const onGradeKey = (field: number, event: KeyboardEvent): void => {
    const { key } = event;
    const isEmpty = (draft.texts[features[field]?.name ?? ''] ?? '') === '';
    const isSurplusEndKey = isEmpty && advancedTo.current === field && END_KEYS.includes(key) && !event.shiftKey;
    if (isSurplusEndKey || handleGradeKey(field, key, isEmpty)) event.preventDefault();
  };

  const onNumberKey = (field: number, event: KeyboardEvent): void => {
    const isBack =
      event.key === 'ArrowUp' || (event.key === 'Backspace' && (event.target as HTMLInputElement).value === '');
    if (!isBack && event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    event.preventDefault();
    focus(field + (isBack ? -1 : 1));
  };

  const onKeyDown = (field: number, event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTenStepGrade(features[field] as Feature)) onGradeKey(field, event);
    else onNumberKey(field, event);
    if (!/^[1-9?nN]$/.test(event.key)) advancedTo.current = undefined;
  };

  const fieldOf = (element: HTMLElement): number =>
    fields.current.findIndex((field) => field?.contains(element) === true);

  /** Completes a 10 whose 1 has moved the focus to the next field or, after the last one, to the button. */
  const onKeyDownCapture = (event: KeyboardEvent): void => {
    // Some keyboards need it for digits.
    if (event.key === 'Shift') return;
    const field = fieldThatMayBecomeTen.current;
    fieldThatMayBecomeTen.current = undefined;
    if (event.key !== '0' || field === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    const at = target === submitButton.current ? features.length : fieldOf(target);
    if (at !== field && at !== field + 1) return;
    setText(field, '10');
    event.preventDefault();
  };

  const pasting = usePaste({
    features,
    draft,
    change,
    focus,
    fieldOf,
    clearError,
    onFilled: () => {
      fieldThatMayBecomeTen.current = undefined;
      setErrors({});
    },
  });

  /** For an empty record: removes errors and a pasted row, and starts with the first field. */
  const reset = (): void => {
    fieldThatMayBecomeTen.current = undefined;
    setErrors({});
    pasting.reset();
    focus(0);
  };

  /** Shows the error of a field after it loses the focus; empty fields may still be filled. */
  const onBlur = (field: number): void => {
    const feature = features[field] as Feature;
    const value = parseFeatureValue(draft.texts[feature.name] ?? '', feature);
    if (value.kind === 'invalid') setErrors((others) => ({ ...others, [feature.name]: value.message }));
  };
  return {
    fields,
    submitButton,
    pasting,
    errors,
    setErrors,
    focus,
    reset,
    setText,
    onKeyDown,
    onKeyDownCapture,
    onBlur,
  };
}
