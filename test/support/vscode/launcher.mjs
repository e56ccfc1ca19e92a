#!/usr/bin/env node
// An executable for `runTests({ vscodeExecutablePath })`. See launch.ts.
import { tsImport } from 'tsx/esm/api';

const { launch } = await tsImport('./launch.ts', import.meta.url);
process.exitCode = await launch(process.argv.slice(2));
