'use strict';

/** textlint plugin: reads source files as plain text, so that comments, messages and identifiers are checked alike. */
const { Processor } = require('@textlint/textlint-plugin-text').default ?? require('@textlint/textlint-plugin-text');

class SourceProcessor extends Processor {
  availableExtensions() {
    return ['.ts', '.tsx', '.js', '.mjs', '.sh'];
  }
}

module.exports = { Processor: SourceProcessor };
