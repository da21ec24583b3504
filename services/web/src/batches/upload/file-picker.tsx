import { DropZone, type DropItem, Text } from 'react-aria-components';
import { FileButton } from '../../ui/file-button';
import { formatBytes } from '../../ui/format';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';
import styles from './upload.module.css';

interface FilePickerProps {
  files: readonly File[];
  onChoose: (files: readonly File[]) => void;
  /** Whether only one file can be chosen. */
  isSingle?: boolean;
}

const TYPES = ['.csv', '.tsv', '.txt', '.xlsx', '.ods', '.jsonl', '.ndjson', '.parquet', '.gz', '.zip'];

export function FilePicker({ files, onChoose, isSingle = false }: FilePickerProps) {
  const choose = (chosen: readonly File[]): void => {
    if (chosen.length > 0) onChoose(isSingle ? chosen.slice(0, 1) : chosen);
  };
  const drop = async (items: DropItem[]): Promise<void> =>
    choose(await Promise.all(items.flatMap((item) => (item.kind === 'file' ? [item.getFile()] : []))));
  const [file] = files;
  return (
    <DropZone className={styles.dropZone} onDrop={({ items }) => void drop(items)}>
      <Text slot="label">
        {file === undefined ? (
          TEXTS.filePicker.drag(isSingle)
        ) : files.length === 1 ? (
          <>
            <strong translate="no">{file.name}</strong> <span className={ui.muted}>{formatBytes(file.size)}</span>
          </>
        ) : (
          TEXTS.filePicker.files(files.length)
        )}
      </Text>
      <FileButton
        accept={TYPES}
        isMultiple={!isSingle}
        variant={file === undefined ? 'primary' : 'secondary'}
        onChoose={choose}
      >
        {file === undefined ? TEXTS.filePicker.choose : TEXTS.filePicker.chooseAnother}
      </FileButton>
    </DropZone>
  );
}
