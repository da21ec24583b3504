import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseSync } from '@swc/core';

/**
 * Texts that users see stand in the catalogue of their feature, `texts.ts` or `texts.tsx`, so that another language is another
 * set of catalogues.
 */

const SOURCES = resolve(__dirname, '../../../services/web/src');
const EXEMPT = /(^|\/)texts\.tsx?$|\.test\.|\.test\.fixtures\./;

/** Names of keys, products and models. */
const NAMES = ['Backspace', 'Ctrl', 'Cytoqueue', 'Delete', 'Enter', 'Shift', 'Tab', 'Windows', 'own/'];
const TECHNICAL_ATTRIBUTES = ['d', 'patternTransform', 'viewBox'];
/** Attributes whose value is shown or spoken, even one word of it. */
const TEXT_ATTRIBUTE =
  /^(alt|aria-label|confirm|copied(Label|Text)|data-label|description|emptyOption|failedText|label|lead|placeholder|text|title|unit|what)$/;

/** `word`: any word is a text; `sentence`: several words are, or one that begins with a capital; `none`: nothing is. */
type Scope = 'word' | 'sentence' | 'none';
type Node = { type?: string; [member: string]: unknown };

/** Texts in the value of an expression: those of its branches, but not those of a call or a comparison inside. */
const VALUES = ['ConditionalExpression', 'ParenthesisExpression', 'TemplateLiteral', 'BinaryExpression'];
const COMPARISONS = ['===', '!==', 'in'];

function textsIn(source: string): string[] {
  const found: string[] = [];
  const visit = (value: unknown, scope: Scope): void => {
    if (Array.isArray(value)) return value.forEach((item) => visit(item, scope));
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    const text = textOf(node);
    if (text !== undefined && isText(text, node.type === 'JSXText' ? 'word' : scope)) found.push(text.trim());
    for (const [member, child] of Object.entries(node)) visit(child, scopeOf(node, member, scope));
  };
  visit(parseSync(source, { syntax: 'typescript', tsx: true }).body, 'sentence');
  return found;
}

function textOf({ type, value, cooked }: Node): string | undefined {
  if (type === 'JSXText' || type === 'StringLiteral') return value as string;
  return type === 'TemplateElement' ? (cooked as string) : undefined;
}

function isText(text: string, scope: Scope): boolean {
  if (scope === 'none' || NAMES.includes(text.trim())) return false;
  if (scope === 'word' && /\p{L}{2}/u.test(text)) return true;
  return /\p{L}[,:;.]? \p{L}/u.test(text) || /^\p{Lu}\p{Ll}+$/u.test(text);
}

function scopeOf(node: Node, member: string, scope: Scope): Scope {
  if (/^(Ts|Import|Export.*From|ExportAll)/.test(node.type ?? '') && node.type !== 'TsAsExpression') return 'none';
  if (node.type === 'NewExpression' || COMPARISONS.includes(node['operator'] as string) || member === 'key')
    return 'none';
  if (node.type === 'JSXElement' || node.type === 'JSXFragment') return member === 'children' ? 'word' : 'sentence';
  if (node.type === 'JSXAttribute') return attributeScope(node['name'] as Node);
  if (node.type === 'JSXExpressionContainer') return scope;
  return scope === 'word' && node.type !== undefined && !VALUES.includes(node.type) ? 'sentence' : scope;
}

function attributeScope({ value: name }: Node): Scope {
  const attribute = name as string;
  if (TECHNICAL_ATTRIBUTES.includes(attribute)) return 'none';
  return TEXT_ATTRIBUTE.test(attribute) ? 'word' : 'sentence';
}

test('the scan finds texts in children, attributes, branches, templates and tables of labels', () => {
  const source = `
    const LABELS = { queued: 'Waiting', done: 'has been scored' };
    const END_KEYS = ['Enter', 'Tab'];
    export const X = ({ a, b }: Props) => (
      <p viewBox="0 0 a b" title={a === 'Left out' ? 'one' : b} key="k">
        plain <b lang="en">{a && 'word'}</b> {\`of \${b}\`} – 5 % {format(b, 'short')}
        <Cell what={\`no \${a}\`} cell={() => 'in function'} role="row" />
      </p>
    );`;
  expect(textsIn(source)).toEqual(['Waiting', 'has been scored', 'one', 'plain', 'word', 'of', 'no', 'in function']);
});

const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !EXEMPT.test(file))
  .toSorted();

test('the texts of the web app stand in catalogues', () => {
  const texts = files.flatMap((file) =>
    textsIn(readFileSync(join(SOURCES, file), 'utf8')).map((text) => `${file}: ${text}`),
  );
  expect(texts).toEqual([]);
});
