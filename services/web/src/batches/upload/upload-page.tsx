import { randomHex } from '@cytoqueue/client';
import { useState } from 'react';
import { Link } from 'react-router';
import { usePageTitle } from '../../ui/page-title';
import { UploadForm } from './upload-form';
import { FilePicker } from './file-picker';
import { FileTemplates } from './file-templates';
import { SeveralFiles } from './several-files';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

/** Checks files first; batches are created only after the lab has seen the report. */
export function UploadPage() {
  usePageTitle(TEXTS.uploadPage.title);
  const [{ files, selectionId }, setSelection] = useState<{ files: readonly File[]; selectionId: string }>({
    files: [],
    selectionId: '',
  });
  const [file] = files;
  return (
    <div className={ui.page}>
      <p className={ui.crumb}>
        <Link to="/batches">{TEXTS.uploadPage.batches}</Link>
      </p>
      <h1>{TEXTS.uploadPage.title}</h1>
      <p className={ui.lead}>{TEXTS.uploadPage.lead}</p>
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
