import { randomHex } from '@cytoqueue/client';
import { type ReactNode, type RefObject, createContext, useContext, useEffect, useRef, useState } from 'react';
import { type Draft, emptyDraft, isEmptyDraft } from './draft';

/**
 * Changes members of the draft, which is then another record: its idempotency key is renewed and `sentVersion` removed,
 * unless they are given. Pass a function where the members depend on the draft: two keys may be typed between renders.
 */
export type ChangeDraft = (change: Partial<Draft> | ((draft: Draft) => Partial<Draft>)) => void;

interface KeptDraft {
  tenant: string;
  draft: Draft;
}

const KeptDraftContext = createContext<RefObject<KeptDraft | undefined> | undefined>(undefined);
const DraftContext = createContext<readonly [Draft, ChangeDraft]>([emptyDraft(), () => undefined]);

/** Holds the draft in memory while no session is open, so that it survives an expired one. */
export function DraftKeeper({ children }: { children: ReactNode }) {
  const kept = useRef<KeptDraft>(undefined);
  return <KeptDraftContext value={kept}>{children}</KeptDraftContext>;
}

/** The draft of the session before; to be cleared when a user signs out. */
export function useKeptDraft(): RefObject<KeptDraft | undefined> {
  const own = useRef<KeptDraft>(undefined);
  return useContext(KeptDraftContext) ?? own;
}

/**
 * Keeps the entered record while the user visits other pages, until sign-out or reload. After an expired session it is
 * given back to the same tenant only.
 */
export function DraftProvider({ tenant, children }: { tenant: string; children: ReactNode }) {
  const kept = useKeptDraft();
  const [draft, setDraft] = useState(() =>
    kept.current?.tenant === tenant ? { ...kept.current.draft, isRestored: true } : emptyDraft(),
  );
  useEffect(() => {
    kept.current = isEmptyDraft(draft) ? undefined : { tenant, draft };
  }, [draft, kept, tenant]);
  const change: ChangeDraft = (given) =>
    setDraft((before) => {
      const part = typeof given === 'function' ? given(before) : given;
      if (Object.keys(part).length === 0) return before;
      return { ...before, idempotencyKey: randomHex(), sentVersion: undefined, ...part };
    });
  return <DraftContext value={[draft, change]}>{children}</DraftContext>;
}

export function useDraft(): readonly [Draft, ChangeDraft] {
  return useContext(DraftContext);
}
