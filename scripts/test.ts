import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureOldestRuntime } from '../test/support/oldestRuntime';
import { ensureChromium } from '../test/support/vscode/chromium';
import { REPOSITORY } from '../test/support/vscode/paths';
import { ensureServedVSCode, ensureVSCode } from '../test/support/vscode/provision';
import { start } from './lib/main';
import { StageRunner, summary, type Command, type Stage } from './lib/stages';

const HELP = `npm test [-- [STAGE...] [--grep TEXT]]
  without a stage: all of them
  types  lint  format  unit  faults  package  integration (newest and oldest VS Code)
  e2e (runtime, sessions, views: the folders of test/e2e)
  --grep TEXT    only tests whose name has this in it (a regular expression)`;

/** Where the quick checks keep their results of the last run. */
const CACHE = path.join(REPOSITORY, '.cache');

/**
 * Number of processes that share the files of a folder of `test/e2e`. Each file has its own VS Code or runtime, so they
 * do not disturb one another. Starting a process takes 2 s of CPU.
 */
const LANES: Readonly<Partial<Record<string, number>>> = { views: 3, runtime: 2, sessions: 2 };

const bin = (file: string, ...args: string[]): Command => [path.join(REPOSITORY, 'node_modules', file), ...args];
const script = (name: string, ...args: string[]): Command => [
  ...['--import', 'tsx', path.join(REPOSITORY, 'scripts', `${name}.ts`)],
  ...args,
];

function allStages(grep: string | undefined): readonly Stage[] {
  const only = grep === undefined ? [] : ['--grep', grep];
  const mocha = (config: string, ...specs: string[]) =>
    bin(
      'mocha/bin/mocha.js',
      '--config',
      config,
      '--reporter',
      './scripts/lib/countingReporter.cjs',
      ...only,
      ...specs,
    );
  const say = (line: string) => console.log(`   ${line}`);
  const chromium = once(() => ensureChromium(say));
  const newest = once(() => ensureVSCode('newest', say));
  const oldest = once(() => ensureVSCode('oldest', say));
  const oldestRuntime = once(() => ensureOldestRuntime(say));
  const served = once(() => ensureServedVSCode('newest', say));
  const integration = (age: string, files: readonly string[] = []) => script('integration', age, ...files, ...only);
  const endToEnd = (folder: string, files: readonly string[]) =>
    mocha('.mocharc.e2e.json', ...files.map((file) => `test/e2e/${folder}/${file}`));
  const inVSCode = { counted: true, waits: true, needs: ['package'] };
  const folders = readdirSync(path.join(REPOSITORY, 'test/e2e')).toSorted().toReversed();
  const endToEndStages = folders.flatMap((folder) =>
    lanesOf(path.join(REPOSITORY, 'test/e2e', folder), LANES[folder] ?? 1).map((files, index) => ({
      ...inVSCode,
      name: `e2e-${folder}-${index + 1}`,
      commands: [endToEnd(folder, files)],
      again: (failed: readonly string[]) => endToEnd(folder, failed.length > 0 ? failed : files),
      provision: async () => [await served(), await chromium(), await oldestRuntime()],
    })),
  );
  // Stages that others need come first, then the longest, so that short ones fill the gaps at the end.
  return [
    // The second command rebuilds the extension with a source map, for the tests in VS Code.
    { name: 'package', commands: [script('package'), script('build')] },
    ...endToEndStages,
    {
      ...inVSCode,
      name: 'integration-newest',
      commands: [integration('newest')],
      again: (files) => integration('newest', files),
      provision: async () => [await newest(), await chromium()],
    },
    {
      ...inVSCode,
      name: 'integration-oldest',
      commands: [integration('oldest')],
      again: (files) => integration('oldest', files),
      provision: async () => [await oldest(), await chromium()],
    },
    { name: 'unit', counted: true, commands: [mocha('.mocharc.unit.json')] },
    {
      name: 'lint',
      commands: [
        script('lint'),
        // Checks the order of the folders, and circular imports.
        bin('dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.mjs', 'src'),
      ],
    },
    { name: 'faults', counted: true, commands: [mocha('.mocharc.faults.json')] },
    // Version 7 checks several times faster; version 6 stays for the rules of ESLint, which need its API.
    { name: 'types', commands: [bin('typescript-7/bin/tsc', '--noEmit')] },
    {
      name: 'format',
      commands: [
        bin(
          'prettier/bin/prettier.cjs',
          ...['--check', '--cache', '--cache-strategy', 'content', '--cache-location', path.join(CACHE, 'format')],
          '.',
        ),
      ],
    },
  ];
}

/** Splits the test files of a folder into groups of about equal size, as file size roughly predicts duration. */
function lanesOf(folder: string, count: number): readonly (readonly string[])[] {
  const lanes = Array.from({ length: count }, () => ({ files: [] as string[], bytes: 0 }));
  const sizes = readdirSync(folder)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => ({ file, bytes: statSync(path.join(folder, file)).size }));
  for (const { file, bytes } of sizes.sort((a, b) => b.bytes - a.bytes)) {
    const [emptiest] = lanes.toSorted((a, b) => a.bytes - b.bytes);
    emptiest!.files.push(file);
    emptiest!.bytes += bytes;
  }
  return lanes.map(({ files }) => files).filter((files) => files.length > 0);
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}

/** The stages that were asked for, and the stages they need. */
function choose(stages: readonly Stage[], names: readonly string[]): readonly Stage[] {
  const matches = (stage: Stage, name: string) => stage.name === name || stage.name.startsWith(`${name}-`);
  for (const name of names) {
    if (!stages.some((stage) => matches(stage, name))) {
      throw new Error(`There is no stage "${name}".\n${HELP}`);
    }
  }
  const chosen = stages.filter((stage) => names.length === 0 || names.some((name) => matches(stage, name)));
  return stages.filter(
    (stage) => chosen.includes(stage) || chosen.some(({ needs }) => needs?.includes(stage.name) === true),
  );
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { grep: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const names =
    positionals.length === 0 && values.grep !== undefined ? ['unit', 'faults', 'integration', 'e2e'] : positionals;
  const stages = choose(allStages(values.grep), names);
  const runner = new StageRunner((line) => console.log(line), values.grep !== undefined);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => void runner.stop().finally(() => process.exit(code)));
  }
  const began = Date.now();
  // Start downloads early: waiting for the network costs no CPU. The stage that needs one reports its failure.
  for (const { provision } of stages) {
    provision?.().catch(() => undefined);
  }
  const results = await runner.run(stages);
  // Repeated last, so that the reason is at the end of a long output.
  for (const { stage, failures } of results.filter((result) => result.failures.length > 0)) {
    console.log([`\n── Failures of ${stage.name}`, ...failures].join('\n'));
  }
  const total = { passed: 0, failed: 0, skipped: 0, flaky: 0 };
  console.log(`\n── ${((Date.now() - began) / 1000).toFixed(0)} s in all`);
  for (const result of results) {
    console.log(summary(result));
    total.passed += result.counts.passed;
    total.failed += result.counts.failed;
    total.skipped += result.counts.skipped;
    total.flaky += result.flaky;
  }
  if (
    values.grep !== undefined &&
    results.every(({ stage, counts }) => !stage.counted || counts.passed + counts.failed === 0)
  ) {
    console.log(`No test has ${values.grep} in its name.`);
    total.failed++;
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  const flaky = total.flaky > 0 ? `, ${total.flaky} flaky` : '';
  console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}${flaky}`);
  return total.failed > 0 ? 1 : 0;
}

start(main);
