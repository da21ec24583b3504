import { useState } from 'react';
import { Button } from './button';
import { ui } from './styles';

interface CopyButtonProps {
  label: string;
  /** Label once the text is copied. */
  copiedLabel: string;
  text: () => string;
  /** For screen readers. */
  copiedText: string;
  /** How to copy by hand. */
  failedText: string;
}

/** Copies a text to the clipboard, which browsers deny to pages without TLS. */
export function CopyButton({ label, copiedLabel, text, copiedText, failedText }: CopyButtonProps) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      setState('copied');
    } catch {
      setState('failed');
    }
  };
  return (
    <>
      <Button onPress={() => void copy()}>{state === 'copied' ? copiedLabel : label}</Button>
      <span role="status" className={state === 'failed' ? ui.small : ui.visuallyHidden}>
        {state === 'copied' && copiedText}
        {state === 'failed' && failedText}
      </span>
    </>
  );
}
