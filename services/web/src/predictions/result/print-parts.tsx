import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { useSession } from '../../session/use-session';
import { formatDateTime } from '../../ui/format';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

/**
 * On paper only: the laboratory, what is printed and the time of printing.
 * @param subject such as `record pred_1`
 */
export function PrintIdentity({ subject }: { subject: string }) {
  const session = useSession();
  const printedAt = usePrintTime();
  return (
    <p className={`${ui.printOnly} ${ui.small}`} translate="no">
      {TEXTS.printParts.identity(session?.tenant ?? '', subject, formatDateTime(printedAt))}
    </p>
  );
}

function usePrintTime(): string {
  const [time, setTime] = useState(() => new Date().toISOString());
  useEffect(() => {
    // The browser prints the page as it is when the listener returns.
    const update = (): void => flushSync(() => setTime(new Date().toISOString()));
    window.addEventListener('beforeprint', update);
    return () => window.removeEventListener('beforeprint', update);
  }, []);
  return time;
}

/** On paper only: a line for the reviewer. */
export function PrintSignature() {
  return <p className={ui.printOnly}>{TEXTS.printParts.signature}</p>;
}
