import { Label, ProgressBar } from 'react-aria-components';

interface ProgressProps {
  label: string;
  /** 0..1; undefined while unknown. */
  share: number | undefined;
  text: string;
}

export function Progress({ label, share, text }: ProgressProps) {
  return (
    <ProgressBar
      className="progress"
      value={(share ?? 0) * 100}
      isIndeterminate={share === undefined}
      valueLabel={text}
    >
      <div className="progress-head">
        <Label>{label}</Label>
        <span>{text}</span>
      </div>
      <div className="progress-track">
        <div
          className="progress-fill"
          data-unknown={share === undefined || undefined}
          style={share === undefined ? {} : { inlineSize: `${share * 100}%` }}
        />
      </div>
    </ProgressBar>
  );
}
