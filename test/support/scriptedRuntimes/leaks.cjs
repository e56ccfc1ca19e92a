'use strict';
// Follows a script (`scripted.cjs`), and writes its environment and arguments to the file LEAKS_GIVEN. A test of
// secrets has to know that there was something to leak.
const fs = require('node:fs');

fs.writeFileSync(process.env.LEAKS_GIVEN, JSON.stringify([process.argv, process.env]));
require('./scripted.cjs');
