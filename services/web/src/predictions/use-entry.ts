import type { Feature } from '@cytoqueue/client';
import { type ClipboardEvent, type KeyboardEvent, useRef, useState } from 'react';
import { isGrade, readCell } from './cell';
import type { Draft } from './draft';
import type { ChangeDraft } from './draft-context';
import { readPasted } from './pasting';
import { isClosing, typeGrade } from './typing';

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
  const [note, setNote] = useState('');
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});

  const focus = (field: number): void => {
    if (field >= features.length) submit.current?.focus();
    else inputs.current[Math.max(0, field)]?.focus();
  };
  const clearFault = (name: string): void => setFaults((faults) => Object.fromEntries(Object.entries(faults).filter(([other]) => other !== name)));

  const type = (field: number, typed: string): void => {
    const feature = features[field] as Feature;
    const { text, next } = movesOn && isGrade(feature) ? typeGrade(typed) : { text: typed, next: undefined };
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

  const paste = (field: number, event: ClipboardEvent<HTMLInputElement>): void => {
    const pasted = readPasted(event.clipboardData.getData('text/plain'), features, field);
    if (pasted === undefined) return;
    event.preventDefault();
    setNote('refusal' in pasted ? pasted.refusal : pasted.note);
    if ('refusal' in pasted) return;
    const names = features.map(({ name }) => name);
    const filled = pasted.cells.map((text, index) => [names[pasted.start + index], text] as const);
    const texts = { ...draft.texts, ...(Object.fromEntries(filled) as Record<string, string>) };
    change({ texts, ...(pasted.reference !== undefined && draft.reference === '' ? { reference: pasted.reference } : {}) });
    setFaults(faultsOf(texts, features));
    focus(pasted.start + pasted.cells.length);
  };

  /** A field that was left shows what is wrong in it; an empty one may still be filled. */
  const leave = (field: number): void => {
    const feature = features[field] as Feature;
    const cell = readCell(draft.texts[feature.name] ?? '', feature);
    if (cell.kind === 'fault') setFaults((others) => ({ ...others, [feature.name]: cell.text }));
  };
  return { inputs, submit, note, faults, setFaults, focus, type, press, paste, leave };
}

function faultsOf(texts: Draft['texts'], features: readonly Feature[]): Record<string, string> {
  const found = features.map((feature) => [feature.name, readCell(texts[feature.name] ?? '', feature)] as const);
  return Object.fromEntries(found.flatMap(([name, cell]) => (cell.kind === 'fault' ? [[name, cell.text]] : [])));
}
