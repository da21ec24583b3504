import { randomHex } from '@cytoqueue/client';
import { useState } from 'react';
import { Link } from 'react-router';
import { usePageTitle } from '../../ui/page-title';
import { UploadForm } from './upload-form';
import { FilePicker } from './file-picker';
import { FileTemplates } from './file-templates';
import { SeveralFiles } from './several-files';

/** Checks files first; batches are created only after the lab has seen the report. */
export function UploadPage() {
  usePageTitle('Upload a file');
  const [{ files, selectionId }, setSelection] = useState<{ files: readonly File[]; selectionId: string }>({
    files: [],
    selectionId: '',
  });
  const [file] = files;
  return (
    <div className="page">
      <p className="crumb small">
        <Link to="/batches">Batches</Link>
      </p>
      <h1>Upload a file</h1>
      <p className="lead">
        One record a row below a header row; the usual column names of the Wisconsin data are recognised, in any order,
        and others can be assigned. The file is checked first; a batch is created only when you say so. Files and
        results are deleted after the retention time of your service, by default 30 days.
      </p>
      <FileTemplates />
      <FilePicker
        files={files}
        // Random, because reports stay cached under it after a visit.
        onChoose={(chosen) => setSelection({ files: chosen, selectionId: randomHex() })}
      />
      {file !== undefined && files.length === 1 && (
        <UploadForm key={selectionId} file={file} selectionId={selectionId} />
      )}
      {files.length > 1 && <SeveralFiles key={selectionId} files={files} selectionId={selectionId} />}
    </div>
  );
}
