import { randomHex } from '@cytoqueue/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { FilePicker } from '../../batches/upload/file-picker';
import { Loading } from '../../ui/loading';
import { usePageTitle } from '../../ui/page-title';
import { readTableStart } from './table-start';
import { TrainingForm } from './training-form';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

/** Sends a labelled file, from which a version of an own model is trained. */
export function NewTrainingPage() {
  usePageTitle(TEXTS.newTrainingPage.title);
  const [{ file, selectionId }, setSelection] = useState<{ file?: File; selectionId: string }>({ selectionId: '' });
  return (
    <div className={ui.page}>
      <p className={ui.crumb}>
        <Link to="/trainings">{TEXTS.newTrainingPage.trainings}</Link>
      </p>
      <h1>{TEXTS.newTrainingPage.title}</h1>
      <p className={ui.lead}>{TEXTS.newTrainingPage.lead}</p>
      <FilePicker
        isSingle
        files={file === undefined ? [] : [file]}
        onChoose={([chosen]) => setSelection({ file: chosen, selectionId: randomHex() })}
      />
      {file !== undefined && <FormForFile key={selectionId} file={file} selectionId={selectionId} />}
    </div>
  );
}

/** @param selectionId unique for each choice of a file */
function FormForFile({ file, selectionId }: { file: File; selectionId: string }) {
  const { data: table, isError } = useQuery({
    queryKey: ['table-start', selectionId],
    // A query has no undefined result.
    queryFn: async () => (await readTableStart(file)) ?? null,
    staleTime: Infinity,
    retry: false,
    // The rows of patients are not kept once the page is left.
    gcTime: 0,
  });
  if (table === undefined && !isError) return <Loading>{TEXTS.newTrainingPage.readingColumns}</Loading>;
  return <TrainingForm file={file} table={table ?? null} />;
}
