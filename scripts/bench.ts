import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { benchActivation } from '../test/bench/activation';
import { benchChanges } from '../test/bench/changes';
import { benchLifecycle } from '../test/bench/lifecycle';
import { benchLog } from '../test/bench/log';
import { benchReattach } from '../test/bench/reattach';
import { benchRouting } from '../test/bench/routing';
import { benchSize } from '../test/bench/size';
import { benchTree } from '../test/bench/tree';
import type { Row } from '../test/bench/statistics';
import { REPOSITORY } from '../test/support/vscode/paths';
import { start } from './lib/main';
import { pack, VSIX } from './lib/vsix';

const PAGE = path.join(REPOSITORY, 'docs/benchmarks.md');

const HELP = `npm run bench [-- OPTION]
  measures the extension beside the published SDK's client, a bare loop and VS Code's Git extension,
  and keeps the table in docs/benchmarks.md
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
    ...(await benchReattach(log)),
    ...(await benchSize(log)),
    ...benchTree(),
    ...(await benchChanges(log)),
    ...(await benchLifecycle(log)),
    ...(await benchActivation(Number(values.windows), VSIX, log)),
    { what: 'VSIX', value: `${(bytes / 1024).toFixed(0)} KB` },
  ];
  // Keep the handwritten sections that follow the table.
  const [, ...byHand] = (await readFile(PAGE, 'utf8')).split(/^(?=## )/m);
  const page = await format([pageOf(rows), ...byHand].join('\n'), {
    ...(await resolveConfig(PAGE)),
    parser: 'markdown',
  });
  await writeFile(PAGE, page);
  console.log(page);
}

function pageOf(rows: readonly Row[]): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${process.platform}-${process.arch}, Node ${process.versions.node}`;
  const lines = ['| what | value |', '|---|---|', ...rows.map(({ what, value }) => `| ${what} | ${value} |`)];
  return `# Benchmarks

Written by \`npm run bench\`: one run, on one machine. Times differ from machine to machine; ratios, and the order of things, should not.

The rows about reloading: the window before and the runtime have processes of their own, and every event is on disk and on the pipe. A block of the event loop is also what the process waits for a processor; where the system tells, the row below it says how long the thread itself worked at most.

Machine: ${machine}.

${lines.join('\n')}
`;
}

start(main);
