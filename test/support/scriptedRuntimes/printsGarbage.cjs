'use strict';
// Not a runtime: prints plain text on stdout, answers nothing, and ends with its stdin.
process.stdout.write('Welcome to the wrong program!\r\n\r\nContent-Length: nonsense\r\n\r\nType "help".\n');
process.stdin.on('data', () => process.stdout.write('?\n')).on('end', () => process.exit(0));
