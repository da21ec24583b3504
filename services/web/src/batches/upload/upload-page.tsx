import { useState } from 'react';
import { Link } from 'react-router';
import { usePageTitle } from '../../ui/page-title';
import { UploadForm } from './upload-form';
import { FilePicker } from './file-picker';

/** Checks a file first; it is stored and scored only after the lab has seen the report. */
export function UploadPage() {
  usePageTitle('Upload a file');
  const [selection, setChosen] = useState<{ file: File; selectionId: number }>();
  return (
    <div className="page">
      <p className="crumb small">
        <Link to="/batches">Batches</Link>
      </p>
      <h1>Upload a file</h1>
      <p className="lead">
        A CSV file with a header row and one record a row; the usual column names of the Wisconsin data are recognised,
        in any order. It is checked first. Nothing is stored until you say so.
      </p>
      <FilePicker
        file={selection?.file}
        onChoose={(file) => setChosen((before) => ({ file, selectionId: (before?.selectionId ?? 0) + 1 }))}
      />
      {selection !== undefined && (
        <UploadForm key={selection.selectionId} file={selection.file} selectionId={selection.selectionId} />
      )}
    </div>
  );
}
