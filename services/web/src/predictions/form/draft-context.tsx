import { randomHex } from '@cytoqueue/client';
import { type ReactNode, createContext, useContext, useState } from 'react';
import { type Draft, emptyDraft } from './draft';

/** Keys may arrive faster than renders: pass a function to update from the current draft. */
export type ChangeDraft = (change: Partial<Draft> | ((draft: Draft) => Partial<Draft>)) => void;

const DraftContext = createContext<readonly [Draft, ChangeDraft]>([emptyDraft(), () => undefined]);

/** Keeps the entered record while the user visits other pages, until sign-out or reload. */
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
