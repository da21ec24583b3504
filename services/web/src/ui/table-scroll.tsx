import type { ReactNode } from 'react';

interface TableScrollProps {
  /** What is in the table. */
  label: string;
  /** Keeps to a part of the window's height too. */
  isTall?: boolean;
  children: ReactNode;
}

/** A table that may be wider than the page: it is scrolled by itself, by keyboard too. */
export function TableScroll({ label, isTall = false, children }: TableScrollProps) {
  return (
    <div className={isTall ? 'table-scroll tall' : 'table-scroll'} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
