'use strict';
// Ends before it has read anything: exit code 3, with the reason on stderr.
process.stderr.write('scripted: reading the configuration\nscripted: the configuration is upside down\n');
process.exitCode = 3;
