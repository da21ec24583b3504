import { type ReactNode, useId } from 'react';
import { ui } from './styles';

interface PanelProps {
  title: string;
  /** One or two sentences that explain how to read the content. */
  lead?: ReactNode;
  children: ReactNode;
  className?: string;
}

export function Panel({ title, lead, children, className = '' }: PanelProps) {
  const id = useId();
  return (
    <section className={`${ui.panel} ${className}`} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {lead !== undefined && <p className={`${ui.lead} ${ui.panelLead}`}>{lead}</p>}
      {children}
    </section>
  );
}
