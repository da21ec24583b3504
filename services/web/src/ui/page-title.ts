import { useEffect } from 'react';

/** Never a patient's reference: titles go into the browser's history. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Cytoqueue`;
  }, [title]);
}
