import { parseArgs } from 'node:util';
import { start } from './lib/main';
import { buildExtension, buildTests, watchExtension } from './lib/bundles';

const HELP = `npm run build [-- OPTION]
  builds dist/extension.js, and dist-test/ for the tests inside VS Code
  --production   what is published: small, without a source map, without the tests
  --watch        again at every change`;

async function main(): Promise<undefined> {
  const { values } = parseArgs({
    options: { production: { type: 'boolean' }, watch: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(HELP);
  } else if (values.watch) {
    await watchExtension();
  } else if (values.production) {
    await buildExtension(true);
  } else {
    await Promise.all([buildExtension(false), buildTests()]);
  }
  return undefined;
}

start(main);
