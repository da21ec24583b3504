import { useEffect } from 'react';

/** Do not pass a patient's reference: browsers store titles in the history. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Cytoqueue`;
  }, [title]);
}
