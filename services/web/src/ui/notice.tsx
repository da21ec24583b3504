import type { ReactNode } from 'react';

interface NoticeProps {
  tone: 'info' | 'warning' | 'error' | 'success';
  children: ReactNode;
}

/** Errors are read out at once, the rest when there is a pause. */
export function Notice({ tone, children }: NoticeProps) {
  return (
    <div className={`notice ${tone}`} role={tone === 'error' ? 'alert' : 'status'}>
      {children}
    </div>
  );
}
