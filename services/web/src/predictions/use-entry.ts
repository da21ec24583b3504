import type { Feature } from '@cytoqueue/client';
import { type KeyboardEvent, useRef, useState } from 'react';
import { isGrade, readCell } from './cell';
import type { Draft } from './draft';
import type { ChangeDraft } from './draft-context';
import { isClosing, typeGrade } from './typing';
import { usePaste } from './use-paste';

interface EntryOptions {
  features: readonly Feature[];
  draft: Draft;
  change: ChangeDraft;
  movesOn: boolean;
}

/** The fields of a record as one: typing runs on from each to the next, a pasted line fills them all. */
export function useEntry({ features, draft, change, movesOn }: EntryOptions) {
  const inputs = useRef<(HTMLInputElement | null)[]>([]);
  const submit = useRef<HTMLButtonElement>(null);
  /** The field that the one before has just moved on to. */
  const movedOnTo = useRef<number>(undefined);
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});

  const focus = (field: number): void => {
    if (field >= features.length) submit.current?.focus();
    else inputs.current[Math.max(0, field)]?.focus();
  };
  const clearFault = (name: string): void => setFaults((faults) => Object.fromEntries(Object.entries(faults).filter(([other]) => other !== name)));

  const type = (field: number, typed: string): void => {
    const feature = features[field] as Feature;
    const before = draft.texts[feature.name] ?? '';
    const { text, next } = movesOn && isGrade(feature) && isKeystroke(before, typed) ? typeGrade(typed) : { text: typed, next: undefined };
    change(({ texts }) => ({ texts: { ...texts, [feature.name]: text } }));
    clearFault(feature.name);
    if (next === undefined) return;
    focus(field + 1);
    movedOnTo.current = field + 1;
    if (next !== '' && field + 1 < features.length) type(field + 1, next);
  };

  const press = (field: number, event: KeyboardEvent<HTMLInputElement>): void => {
    const isEmpty = event.currentTarget.value === '';
    const isPassed = movedOnTo.current === field && isEmpty && isClosing(event);
    movedOnTo.current = undefined;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isBack = event.key === 'ArrowUp' || (event.key === 'Backspace' && isEmpty);
    const isOn = event.key === 'ArrowDown' || event.key === 'Enter';
    if (!isPassed && !isBack && !isOn) return;
    event.preventDefault();
    if (!isPassed) focus(field + (isBack ? -1 : 1));
  };

  const pasting = usePaste({ features, draft, change, focus, clearFault, onFilled: () => setFaults({}) });

  /** A field that was left shows what is wrong in it; an empty one may still be filled. */
  const leave = (field: number): void => {
    const feature = features[field] as Feature;
    const cell = readCell(draft.texts[feature.name] ?? '', feature);
    if (cell.kind === 'fault') setFaults((others) => ({ ...others, [feature.name]: cell.text }));
  };
  return { inputs, submit, pasting, faults, setFaults, focus, type, press, leave };
}

/** One character more than before, typed behind it. Text that arrives at once (dropped, dictated) is not split over fields. */
function isKeystroke(before: string, now: string): boolean {
  return now.length <= 1 || (now.startsWith(before) && now.length === before.length + 1);
}
