import { randomHex } from '@cytoqueue/client';
import { type ReactNode, createContext, useContext, useState } from 'react';
import { type Draft, emptyDraft } from './draft';

/** Keys may come faster than drawings: what depends on the draft as it stands is given as a function of it. */
export type ChangeDraft = (change: Partial<Draft> | ((draft: Draft) => Partial<Draft>)) => void;

const DraftContext = createContext<readonly [Draft, ChangeDraft]>([emptyDraft(), () => undefined]);

/** Keeps the record that is being entered while other pages are looked at; gone with the session or a reload. */
export function DraftProvider({ children }: { children: ReactNode }) {
  const [draft, setDraft] = useState(emptyDraft);
  const change: ChangeDraft = (given) =>
    setDraft((before) => {
      const part = typeof given === 'function' ? given(before) : given;
      return Object.keys(part).length === 0 ? before : { ...before, ...part, key: randomHex() };
    });
  return <DraftContext value={[draft, change]}>{children}</DraftContext>;
}

export function useDraft(): readonly [Draft, ChangeDraft] {
  return useContext(DraftContext);
}
