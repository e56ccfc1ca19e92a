'use strict';
// Reads all that comes, and says nothing; ends with its stdin.
process.stdin.on('data', () => undefined).on('end', () => process.exit(0));
