/** @jest-environment jsdom */
import { render } from '@testing-library/react';
import { NeighborGradePlot } from './neighbor-grade-plot';

/** Centres of the marks: benign discs and malignant diamonds. */
function centers(container: HTMLElement): [x: number, y: number][] {
  return [...container.querySelectorAll('circle, path')].map((mark) => {
    if (mark.tagName === 'circle') return [Number(mark.getAttribute('cx')), Number(mark.getAttribute('cy'))];
    const [, x, top] = /^M([\d.]+) ([\d.]+)/.exec(mark.getAttribute('d') ?? '') as RegExpExecArray;
    return [Number(x), Number(top) + 4];
  });
}

test.each([1, 2, 3, 4, 5, 6])('%d neighbours of one grade stand apart, inside the cell of this grade', (count) => {
  const cases = Array.from({ length: count }, (_, index) => ({ isPositive: index > 0, grade: 10 }));
  const marks = centers(render(<NeighborGradePlot own={10} cases={cases} />).container);
  expect(marks).toHaveLength(count);
  for (const [index, [x, y]] of marks.entries()) {
    expect(Math.abs(x - 190)).toBeLessThanOrEqual(6);
    expect(Math.abs(y - 13.5)).toBeLessThanOrEqual(9.5);
    for (const [otherX, otherY] of marks.slice(index + 1))
      expect(Math.hypot(x - otherX, y - otherY)).toBeGreaterThan(8);
  }
});
