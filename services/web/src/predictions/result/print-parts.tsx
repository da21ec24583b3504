import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { useSession } from '../../session/use-session';
import { formatDateTime } from '../../ui/format';
import { TEXTS } from './texts';
import { ui } from '../../ui/styles';

interface PrintIdentityProps {
  /** The patient's reference, or what stands for it. */
  reference: string;
  /** For example `record pred_1`. */
  subject: string;
}

/** On paper only: the laboratory, what is printed and the time of printing; at the foot of every page the reference. */
export function PrintIdentity({ reference, subject }: PrintIdentityProps) {
  const session = useSession();
  const printedAt = usePrintTime();
  usePageFooter(TEXTS.printParts.footer(reference, session?.tenant ?? '', subject));
  return (
    <p className={`${ui.printOnly} ${ui.small}`} translate="no">
      {TEXTS.printParts.identity(session?.tenant ?? '', subject, formatDateTime(printedAt))}
    </p>
  );
}

/** Prints a text and the page number at the foot of every page, in browsers that support it. */
function usePageFooter(text: string): void {
  useEffect(() => {
    if (document.adoptedStyleSheets === undefined) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(pageFooterRule(text));
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    };
  }, [text]);
}

/** The reference comes from files and forms: as a string of CSS it cannot end the rule. */
export function pageFooterRule(text: string): string {
  const escaped = text.replaceAll(/[^\w .·-]/gu, (character) => `\\${character.codePointAt(0)?.toString(16)} `);
  const style = 'font-size:7.5pt;font-family:sans-serif;vertical-align:top';
  const corners = [
    `@bottom-left{content:"${escaped}";${style}}`,
    `@bottom-right{content:counter(page)"/"counter(pages);${style}}`,
  ];
  return `@page{${corners.join('')}}`;
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
