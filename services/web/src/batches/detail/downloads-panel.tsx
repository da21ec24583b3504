import type { Batch, BatchFile } from '@cytoqueue/client';
import { formatCount } from '../../ui/format';
import { Panel } from '../../ui/panel';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import batchStyles from '../batches.module.css';
import styles from './detail.module.css';

/** Rows for which a worksheet has room, below its header. */
const MAX_XLSX_ROWS = 1_048_575;

/** Plain links, so that the browser saves files of any size. A failed batch has only the file of its errors. */
export function DownloadsPanel({ batch: { status, counts, links, rescores } }: { batch: Batch }) {
  const files: { file: BatchFile; href: string | undefined; title: string; note: string; rows: number }[] = [
    {
      file: 'results',
      href: links.results,
      title: TEXTS.downloadsPanel.results,
      note: TEXTS.downloadsPanel.resultsNote,
      rows: counts.total,
    },
    {
      file: 'errors',
      href: links.errors,
      title: TEXTS.notScored,
      note: TEXTS.downloadsPanel.errorsNote,
      rows: counts.rejected + counts.failed,
    },
    {
      file: 'changes',
      href: links.changes,
      title: TEXTS.downloadsPanel.changes,
      note: TEXTS.downloadsPanel.changesNote,
      rows: rescores?.changed_rows ?? 0,
    },
  ];
  return (
    <Panel title={TEXTS.downloadsPanel.title}>
      <ul className={batchStyles.downloads}>
        {files
          .filter(
            ({ file, href, rows }) => href !== undefined && rows > 0 && (status !== 'failed' || file === 'errors'),
          )
          .map(({ file, href, title, note, rows }) => (
            <li key={file}>
              <span>
                <strong>{title}</strong>{' '}
                <span className={ui.note}>{TEXTS.downloadsPanel.rows(formatCount(rows), note)}</span>
              </span>
              <span className={styles.formats}>
                {Object.entries(TEXTS.downloadsPanel.formats)
                  .filter(([format]) => format !== 'xlsx' || rows <= MAX_XLSX_ROWS)
                  .map(([format, name]) => (
                    <a
                      key={format}
                      href={format === 'csv' ? `${href}?redirect=true` : `${href}?format=${format}`}
                      aria-label={TEXTS.downloadsPanel.as(title, name)}
                      download
                    >
                      {name}
                    </a>
                  ))}
              </span>
            </li>
          ))}
      </ul>
    </Panel>
  );
}
