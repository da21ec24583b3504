import { DropZone, type DropItem, FileTrigger, Text } from 'react-aria-components';
import { Button } from '../../ui/button';
import { formatBytes } from '../../ui/format';

interface FilePickerProps {
  file: File | undefined;
  onChoose: (file: File) => void;
}

export function FilePicker({ file, onChoose }: FilePickerProps) {
  const drop = async (items: DropItem[]): Promise<void> => {
    const dropped = items.find((item) => item.kind === 'file');
    if (dropped !== undefined) onChoose(await dropped.getFile());
  };
  return (
    <DropZone className="drop-zone" onDrop={({ items }) => void drop(items)}>
      <Text slot="label">
        {file === undefined ? (
          'Drag a CSV file here'
        ) : (
          <>
            <strong>{file.name}</strong> <span className="muted">{formatBytes(file.size)}</span>
          </>
        )}
      </Text>
      <FileTrigger
        acceptedFileTypes={['.csv', '.tsv', '.txt', 'text/csv', 'text/plain']}
        onSelect={(files) => files?.[0] !== undefined && onChoose(files[0])}
      >
        <Button variant={file === undefined ? 'primary' : 'secondary'}>
          {file === undefined ? 'Choose a file' : 'Choose another'}
        </Button>
      </FileTrigger>
    </DropZone>
  );
}
