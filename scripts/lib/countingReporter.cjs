// Mocha's command line requires a file that exports only a reporter.
require('tsx/cjs');
module.exports = require('../../test/support/countingReporter.ts').CountingReporter;
