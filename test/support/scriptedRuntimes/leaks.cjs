'use strict';
// The runtime that follows a script (`scripted.cjs`), and that writes down what it was given, its environment and its
// arguments, in the file LEAKS_GIVEN: a test of secrets has to know that there was something to give away.
const fs = require('node:fs');

fs.writeFileSync(process.env.LEAKS_GIVEN, JSON.stringify([process.argv, process.env]));
require('./scripted.cjs');
