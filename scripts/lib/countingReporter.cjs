// Mocha's command line wants a file that exports a reporter and nothing else.
require('tsx/cjs');
module.exports = require('../../test/support/countingReporter.ts').CountingReporter;
