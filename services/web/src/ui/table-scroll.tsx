import type { ReactNode } from 'react';

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
    <div className={isTall ? 'table-scroll tall' : 'table-scroll'} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
