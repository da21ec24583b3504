const KEYS = [
  [['1', '…', '10'], 'grade; moves to the next feature'],
  [['N', 'or', '?'], 'not measured'],
  [['←', '→'], 'change the grade'],
  [['Enter'], 'next feature; after the last one, the button'],
  [['⌫'], 'clear; then back to the feature before'],
  [['Ctrl', '+', 'V'], 'a row with tabs, commas, semicolons or spaces'],
] as const;

const WORDS = ['…', 'or', '+'];

export function KeyHints() {
  return (
    <details className="hints small">
      <summary>Keyboard</summary>
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
