import type { ReactNode } from 'react';
import { ui } from './styles';

interface NoticeProps {
  tone: 'info' | 'warning' | 'error' | 'success';
  children: ReactNode;
}

const TONES = { info: '', success: '', warning: ui.noticeWarning, error: ui.noticeError };

/** Screen readers announce errors immediately, other notices at the next pause. */
export function Notice({ tone, children }: NoticeProps) {
  return (
    <div className={`${ui.notice} ${TONES[tone]}`} role={tone === 'error' ? 'alert' : 'status'}>
      {typeof children === 'string' ? <p>{children}</p> : children}
    </div>
  );
}
