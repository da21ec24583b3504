import type { ReactNode } from 'react';
import { ui } from './styles';

interface TableScrollProps {
  /** Accessible name of the table. */
  label: string;
  /** Limits the height to a part of the window. */
  isTall?: boolean;
  children: ReactNode;
}

/** Scrolls a wide table separately from the page, by keyboard too. */
export function TableScroll({ label, isTall = false, children }: TableScrollProps) {
  return (
    <div
      className={isTall ? `${ui.tableScroll} ${ui.tall}` : ui.tableScroll}
      role="group"
      aria-label={label}
      tabIndex={0}
    >
      {children}
    </div>
  );
}
