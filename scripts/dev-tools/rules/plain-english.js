'use strict';

/**
 * textlint rule: reports phrases that readers had to decode, in documentation, comments, identifiers and messages, with a
 * plainer wording. Comments must start with a verb or a noun, not with a relative clause.
 */
const PHRASES = [
  [/\b(whoever|nobody|somebody)\b/gi, 'name the role: client, caller, process, "no one" only where people are meant'],
  [/\bmend(s|ed|ing)?\b/gi, 'fix, correct, repair'],
  [/\banew\b/gi, 'again, from the start'],
  [/\bof late\b/gi, 'recent, recently'],
  [/\bfor ever\b/gi, 'indefinitely, permanently'],
  [/\b(is|are|was|were) away\b/gi, 'is unavailable, is unreachable'],
  [/\b(is|are|was|were) told\b/gi, 'is notified, receives'],
  [/\b(put|puts|putting) off\b/gi, 'delay, postpone'],
  [/\b(taken|takes|take) back\b/gi, 'roll back'],
  [/\bin hand\b/gi, 'active, in progress'],
  [/\bso long as\b/gi, 'while, as long as'],
  [/\bwhat \S+( \S+)? (comes|come|came) to\b/gi, 'state the result'],
  [/\bwhatever came of\b/gi, 'the outcome of'],
  [/\bvouch(es|ed)?\b/gi, 'guarantee, confirm'],
];
const OPENING = /(?:^|\n)[ \t]*(?:\/\*\*?|\/\/)[ \t]+(What|Whoever|Of|So long|So many|Such)\b/g;
const LINE_COMMENT = /(?:^|\n)[ \t]*\/\/[^\n]*$/;

module.exports = function plainEnglish(context) {
  const { Syntax, RuleError, report, getSource, locator, getFilePath } = context;
  const reportMatch = (node, index, text, remedy) =>
    report(node, new RuleError(`"${text}": ${remedy}`, { padding: locator.range([index, index + text.length]) }));
  return {
    [Syntax.Str](node) {
      for (const [pattern, remedy] of PHRASES) {
        for (const match of getSource(node).matchAll(pattern)) reportMatch(node, match.index, match[0], remedy);
      }
    },
    [Syntax.Document](node) {
      if (getFilePath()?.endsWith('.md')) return;
      const source = getSource(node);
      for (const match of source.matchAll(OPENING)) {
        const continues = LINE_COMMENT.test(source.slice(0, match.index)) && match[0].includes('//');
        if (!continues) reportMatch(node, match.index + match[0].length - match[1].length, match[1], 'start the comment with a verb or a noun');
      }
    },
  };
};
