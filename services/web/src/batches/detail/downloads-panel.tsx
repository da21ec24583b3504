import type { Batch, BatchFile } from '@cytoqueue/client';
import { formatCount } from '../../ui/format';
import { Panel } from '../../ui/panel';

const FORMATS = [
  { format: 'csv', name: 'CSV' },
  { format: 'xlsx', name: 'Excel' },
  { format: 'jsonl', name: 'JSON Lines' },
  { format: 'parquet', name: 'Parquet' },
] as const;

/** Rows for which a worksheet has room, below its header. */
const MAX_XLSX_ROWS = 1_048_575;

/** Plain links, so that the browser saves files of any size. A failed batch has only the file of its errors. */
export function DownloadsPanel({ batch: { status, counts, links, rescores } }: { batch: Batch }) {
  const files: { file: BatchFile; href: string | undefined; title: string; note: string; rows: number }[] = [
    { file: 'results', href: links.results, title: 'Results', note: 'your columns and the result', rows: counts.total },
    {
      file: 'errors',
      href: links.errors,
      title: 'Rows that were not scored',
      note: 'with row, line and reason, to correct and upload again',
      rows: counts.rejected + counts.failed,
    },
    {
      file: 'changes',
      href: links.changes,
      title: 'Changed rows',
      note: 'whose class differs from the batch before',
      rows: rescores?.changed_rows ?? 0,
    },
  ];
  return (
    <Panel title="Downloads">
      <ul className="downloads">
        {files
          .filter(
            ({ file, href, rows }) => href !== undefined && rows > 0 && (status !== 'failed' || file === 'errors'),
          )
          .map(({ file, href, title, note, rows }) => (
            <li key={file}>
              <span>
                <strong>{title}</strong> <span className="small muted">{`${formatCount(rows)} rows, ${note}`}</span>
              </span>
              <span className="formats">
                {FORMATS.filter(({ format }) => format !== 'xlsx' || rows <= MAX_XLSX_ROWS).map(({ format, name }) => (
                  <a
                    key={format}
                    href={format === 'csv' ? `${href}?redirect=true` : `${href}?format=${format}`}
                    aria-label={`${title} as ${name}`}
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
