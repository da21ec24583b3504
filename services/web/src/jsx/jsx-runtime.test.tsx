/** @jest-environment jsdom */
import { screen } from '@testing-library/dom';
import { useState } from 'react';
import { renderPage } from '../page.test.fixtures';

/** Texts, numbers and elements that change side by side, also in a fragment. */
function Counter() {
  const [count, setCount] = useState(0);
  const isEven = count % 2 === 0;
  return (
    <div>
      <button onClick={() => setCount(count + 1)}>more</button>
      <p data-testid="text">
        {count} of {10} {isEven && 'even'}
      </p>
      <p data-testid="mixed">
        {isEven && 'even: '}
        <b>now</b> {count}
        {isEven ? null : <i>odd</i>}
        {!isEven && ', odd'}
      </p>
      <p data-testid="fragment">
        <>{isEven ? 'even' : null}</>
        <b>{count}</b>
        <>
          {count}
          {isEven && ' times'}
        </>
      </p>
    </div>
  );
}

/** Puts every text into an element of its own, as browsers do that translate a page. */
function translatePage(): void {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode() !== null) texts.push(walker.currentNode as Text);
  for (const text of texts.filter(({ data }) => data.trim() !== '')) {
    const translated = document.createElement('font');
    translated.textContent = text.data;
    text.replaceWith(translated);
  }
}

test('on a page that the browser has translated, texts and numbers go on changing', async () => {
  const user = renderPage(<Counter />);
  const texts = (): (string | null)[] => ['text', 'mixed', 'fragment'].map((id) => screen.getByTestId(id).textContent);
  const expected = [
    ['0 of 10 even', 'even: now 0', 'even00 times'],
    ['1 of 10 ', 'now 1odd, odd', '11'],
    ['2 of 10 even', 'even: now 2', 'even22 times'],
  ];
  for (const [count, now] of expected.entries()) {
    if (count > 0) await user.click(screen.getByRole('button'));
    expect(texts()).toEqual(now);
    translatePage();
  }
});
