import { DropZone, type DropItem, FileTrigger, Text } from 'react-aria-components';
import { Button } from '../../ui/button';
import { formatBytes, pluralize } from '../../ui/format';

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
    <DropZone className="drop-zone" onDrop={({ items }) => void drop(items)}>
      <Text slot="label">
        {file === undefined ? (
          `Drag ${isSingle ? 'a file' : 'one or more files'} here: CSV, Excel, OpenDocument, JSON Lines or Parquet`
        ) : files.length === 1 ? (
          <>
            <strong translate="no">{file.name}</strong> <span className="muted">{formatBytes(file.size)}</span>
          </>
        ) : (
          pluralize(files.length, { one: 'file', other: 'files' })
        )}
      </Text>
      <FileTrigger
        acceptedFileTypes={TYPES}
        allowsMultiple={!isSingle}
        onSelect={(chosen) => choose([...(chosen ?? [])])}
      >
        <Button variant={file === undefined ? 'primary' : 'secondary'}>
          {file === undefined ? 'Choose a file' : 'Choose another'}
        </Button>
      </FileTrigger>
    </DropZone>
  );
}
