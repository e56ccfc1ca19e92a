import { parseArgs } from 'node:util';
import { benchActivation } from '../test/bench/activation';
import { benchLog } from '../test/bench/log';
import { benchRouting } from '../test/bench/routing';
import type { Row } from '../test/bench/statistics';
import { start } from './lib/main';
import { pack, VSIX } from './lib/vsix';

const HELP = `npm run bench [-- OPTION]
  measures the extension beside the published SDK's client, a bare loop and VS Code's Git extension,
  and prints a table in Markdown
  --windows N   windows in which the activation is measured (10)`;

async function main(): Promise<undefined> {
  const { values } = parseArgs({ options: { windows: { type: 'string', default: '10' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const log = (line: string): void => console.error(line);
  const { bytes } = await pack();
  const rows: Row[] = [
    ...(await benchRouting(log)),
    ...(await benchLog(log)),
    ...(await benchActivation(Number(values.windows), VSIX, log)),
    { what: 'VSIX', value: `${(bytes / 1024).toFixed(0)} KB` },
  ];
  console.log(`\nNode ${process.versions.node}, ${process.platform}-${process.arch}\n`);
  console.log(['| what | value |', '|---|---|', ...rows.map(({ what, value }) => `| ${what} | ${value} |`)].join('\n'));
}

start(main);
