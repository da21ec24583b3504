import type { UploadProgress } from '@cytoqueue/client';
import { Button } from '../../ui/button';
import { formatBytes } from '../../ui/format';
import { Progress } from '../../ui/progress';
import { TEXTS } from './texts';
import styles from './upload.module.css';

interface UploadProgressBarProps {
  label: string;
  progress: UploadProgress | undefined;
  onCancel?: () => void;
}

/** Share of the file sent; after that the service is still processing it. */
export function UploadProgressBar({ label, progress, onCancel }: UploadProgressBarProps) {
  const { sentBytes = 0, totalBytes } = progress ?? {};
  const share = totalBytes === undefined || totalBytes === 0 ? undefined : sentBytes / totalBytes;
  const text =
    share === undefined
      ? TEXTS.uploadProgressBar.starting
      : share === 1
        ? TEXTS.uploadProgressBar.processing
        : TEXTS.uploadProgressBar.sent(formatBytes(sentBytes), formatBytes(totalBytes ?? 0));
  return (
    <div className={styles.uploadBar}>
      <Progress label={TEXTS.uploadProgressBar.label(label)} share={share === 1 ? undefined : share} text={text} />
      {onCancel !== undefined && <Button onPress={onCancel}>{TEXTS.uploadProgressBar.stop}</Button>}
    </div>
  );
}
