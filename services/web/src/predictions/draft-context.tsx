import { type ReactNode, createContext, useContext, useState } from 'react';
import { type Draft, EMPTY_DRAFT } from './draft';

/** Keys may come faster than drawings: what depends on the draft as it stands is given as a function of it. */
export type ChangeDraft = (change: Partial<Draft> | ((draft: Draft) => Partial<Draft>)) => void;

const DraftContext = createContext<readonly [Draft, ChangeDraft]>([EMPTY_DRAFT, () => undefined]);

/** Keeps the record that is being entered while other pages are looked at; gone with the session or a reload. */
export function DraftProvider({ children }: { children: ReactNode }) {
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const change: ChangeDraft = (part) => setDraft((before) => ({ ...before, ...(typeof part === 'function' ? part(before) : part) }));
  return <DraftContext value={[draft, change]}>{children}</DraftContext>;
}

export function useDraft(): readonly [Draft, ChangeDraft] {
  return useContext(DraftContext);
}
