import { randomHex } from '@cytoqueue/client';
import { useEffect, useRef } from 'react';

/** Asks before the tab is closed: an upload that is not complete is lost with it. */
export function useWarningBeforeClosing(isUploading: boolean): void {
  useEffect(() => {
    if (!isUploading) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isUploading]);
}

/** Keeps the idempotency key of each upload, so that a file resent after a lost response is one batch. */
export function useIdempotencyKeys(): (upload: object) => string {
  const keys = useRef(new WeakMap<object, string>());
  return (upload) => {
    const key = keys.current.get(upload) ?? randomHex();
    keys.current.set(upload, key);
    return key;
  };
}
