'use strict';
// Reads everything and answers nothing. Ends with its stdin.
process.stdin.on('data', () => undefined).on('end', () => process.exit(0));
