#!/usr/bin/env node
'use strict';
// Lies here rather than in dist so that npm can link the command before anything is built.
require('../dist/cli.js');
