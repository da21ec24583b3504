import { useId } from 'react';
import Markdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { TableScroll } from '../ui/table-scroll';
import { TEXTS } from './texts';
import { ui } from '../ui/styles';
import styles from './models.module.css';

interface ModelCardProps {
  markdown: string;
  /** Address prefix of the card's plots. */
  plots: string;
}

/** Headings start one level below the page's; tables can be scrolled by keyboard. */
const COMPONENTS: Components = {
  h1: ({ children }) => <h2>{children}</h2>,
  h2: ({ children }) => <h3>{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  table: ({ children }) => (
    <TableScroll label={TEXTS.modelCard.table}>
      <table className={`${ui.list} ${ui.compact}`}>{children}</table>
    </TableScroll>
  ),
};

/** The model card. Markdown only: HTML is shown as text, and images come only from the version's own plots. */
export function ModelCard({ markdown, plots }: ModelCardProps) {
  const id = useId();
  return (
    <section className={`${ui.panel} ${styles.card}`} aria-label={TEXTS.modelCard.label} id={id}>
      <Markdown
        remarkPlugins={[remarkGfm]}
        components={COMPONENTS}
        urlTransform={(url, key) => (key === 'src' ? `${plots}${encodeURIComponent(url)}` : safeLink(url))}
      >
        {markdown}
      </Markdown>
    </section>
  );
}

function safeLink(url: string): string {
  return /^(https?:|#|\/)/.test(url) ? url : '';
}
