import type { Prediction } from '@cytoqueue/client';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { Button } from '../../ui/button';
import { toDraftTexts } from '../form/draft';
import { useDraft } from '../form/draft-context';

export function RecordActions({ prediction }: { prediction: Prediction }) {
  const navigate = useNavigate();
  const [, change] = useDraft();
  const edit = (): void => {
    change({
      texts: toDraftTexts(prediction.features),
      reference: prediction.sample_id ?? '',
      model: prediction.model.name,
    });
    void navigate('/predictions/new');
  };
  const startNew = (): void => {
    change({ texts: {}, reference: '' });
    void navigate('/predictions/new');
  };
  return (
    <div className="actions no-print">
      <Button variant="primary" onPress={startNew}>
        New record
      </Button>
      <Button onPress={edit}>Change values</Button>
      <CopyLink />
      <Button onPress={() => window.print()}>Print</Button>
    </div>
  );
}

/** Copies a link for colleagues; only keys of the same laboratory open it. */
function CopyLink() {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(window.location.href);
      setState('copied');
    } catch {
      // Browsers deny the clipboard to pages without TLS.
      setState('failed');
    }
  };
  return (
    <>
      <Button onPress={() => void copy()}>{state === 'copied' ? 'Link copied' : 'Copy link'}</Button>
      <span role="status" className={state === 'failed' ? 'small' : 'visually-hidden'}>
        {state === 'copied' && 'The link is copied. It opens for your laboratory only.'}
        {state === 'failed' && 'Copy it from the address bar; it opens for your laboratory only.'}
      </span>
    </>
  );
}
