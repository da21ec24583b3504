import { useSession } from '../../session/use-session';
import { formatDateTime } from '../../ui/format';

/** On paper only: the laboratory, the record and the time of printing. */
export function PrintIdentity({ id }: { id: string }) {
  const session = useSession();
  return (
    <p className="print-only small" translate="no">
      {`${session?.tenant ?? ''} · record ${id} · printed ${formatDateTime(new Date().toISOString())}`}
    </p>
  );
}

/** On paper only: a line for the reviewer. */
export function PrintSignature() {
  return (
    <p className="print-only signature">
      Reviewed by ____________________ Date ______________ Decision ____________________
    </p>
  );
}
