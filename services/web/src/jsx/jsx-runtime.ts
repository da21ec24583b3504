import { Fragment, type ReactNode, createElement } from 'react';
import { type JSX, jsx as reactJsx, jsxs as reactJsxs } from 'react/jsx-runtime';

/**
 * JSX for pages that a browser translates. Translation replaces text nodes, so React can neither update nor remove one that
 * stands beside other nodes: numbers freeze, and the page fails. Here every text is the only child of its element. React
 * then sets the content of that element, which works on translated pages.
 */

export { Fragment };
export type { JSX };

type Props = { children?: ReactNode; [name: string]: unknown };
type Type = Parameters<typeof reactJsx>[0];

/** Elements whose content is text only. */
const TEXT_ONLY = new Set<unknown>(['option', 'title', 'text', 'textarea']);

export function jsx(type: Type, props: Props, key?: string) {
  return reactJsx(type, type === Fragment ? wrapContent(props) : props, key);
}

export function jsxs(type: Type, props: Props, key?: string) {
  const children = props.children as readonly ReactNode[];
  if (TEXT_ONLY.has(type) || (type !== Fragment && children.every(isTextOrEmpty)))
    return reactJsx(type, { ...props, children: children.map(textOf).join('') }, key);
  return reactJsxs(type, wrapContent(props), key);
}

/** A fragment's content stands beside the siblings of the fragment. */
function wrapContent({ children, ...props }: Props): Props {
  if (Array.isArray(children)) return { ...props, children: wrapTexts(children) };
  return { ...props, children: isTextOrEmpty(children) ? wrapTexts([children])[0] : children };
}

/** For the development server. */
export function jsxDEV(type: Type, props: Props, key: string | undefined, isStatic: boolean) {
  return isStatic ? jsxs(type, props, key) : jsx(type, props, key);
}

/** Each run of texts becomes one element. The other children keep their places, and with them their state. */
function wrapTexts(children: readonly ReactNode[]): ReactNode[] {
  const wrapped: ReactNode[] = [...children];
  for (let from = 0; from < children.length; from++) {
    if (!isTextOrEmpty(children[from])) continue;
    let end = from;
    while (end < children.length && isTextOrEmpty(children[end])) end++;
    const text = children.slice(from, end).map(textOf).join('');
    for (let child = from + 1; child < end; child++) wrapped[child] = null;
    // Translation leaves white space alone.
    wrapped[from] = text.trim() === '' ? text : createElement('span', null, text);
    from = end;
  }
  return wrapped;
}

function isTextOrEmpty(child: ReactNode): child is string | number | boolean | null | undefined {
  return child === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof child);
}

function textOf(child: ReactNode): string {
  return typeof child === 'string' || typeof child === 'number' ? String(child) : '';
}
