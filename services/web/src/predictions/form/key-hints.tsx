import { TEXTS } from './texts';

const KEYS = [
  [['1', '…', '10'], TEXTS.keyHints.grade],
  [['N', TEXTS.keyHints.or, '?'], TEXTS.keyHints.notMeasured],
  [['←', '→'], TEXTS.keyHints.change],
  [['Enter'], TEXTS.keyHints.next],
  [['⌫'], TEXTS.keyHints.clear],
  [['Ctrl', '+', 'V'], TEXTS.keyHints.paste],
] as const;

const WORDS = ['…', TEXTS.keyHints.or, '+'];

export function KeyHints() {
  return (
    <details className="hints small">
      <summary>{TEXTS.keyHints.title}</summary>
      <dl>
        {KEYS.map(([keys, effect]) => (
          <div key={effect}>
            <dt translate="no">
              {keys.map((key) => (WORDS.includes(key) ? <span key={key}> {key} </span> : <kbd key={key}>{key}</kbd>))}
            </dt>
            <dd>{effect}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
