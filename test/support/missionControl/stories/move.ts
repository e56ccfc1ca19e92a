import path from 'node:path';
import { SEEDS } from '../github/seeds';
import type { Scene } from '../scene';
import type { ToolCall } from '../stage';
import { seedOf } from './cases';
import { unifiedDiff } from './edit';
import { quote } from './quote';
import { work } from './work';

const FROM = 'src/pilot.ts';
const TO = 'src/pilot/bringIn.ts';
const TEST = 'test/pilot.test.ts';
const CHANGELOG = 'CHANGELOG.md';

const TESTS = `import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bringIn } from '../src/pilot/bringIn';
import { ships } from '../src/ships';

it('leaves a ship outside that would touch the ground', () => {
  const tide = { high: new Date(), depth: 7.5 };
  bringIn([{ name: 'Gudrun', draught: 7.4 }, { name: 'Elbe', draught: 7.5 }], tide);
  assert.deepEqual([...ships.keys()], ['Gudrun']);
});
`;

/** What is replaced in the file that is moved. */
const EDITS: readonly (readonly [before: string, after: string])[] = [
  [`import { arrive } from './ships';\n`, `import { arrive } from '../ships';\n`],
  [
    '/** Brings in all ships that have enough water under their keel. */\n',
    `/** Whether a ship has enough water under its keel. */
export function floats({ draught }: Ship, { depth }: Tide): boolean {
  return draught < depth;
}

/** Brings in all ships that have enough water under their keel. */
`,
  ],
  [
    '  for (const ship of ships.filter(({ draught }) => draught < tide.depth)) {\n',
    '  for (const ship of ships.filter((each) => floats(each, tide))) {\n',
  ],
  [
    '  const next = waiting.find(({ draught }) => draught < tide.depth);\n',
    '  const next = waiting.find((each) => floats(each, tide));\n',
  ],
];

/**
 * Changes several files in every way: one is moved and edited, one is new, one has another line. It is about the harbor;
 * elsewhere, and once that is done, it is the usual work.
 */
export async function move(scene: Scene): Promise<void> {
  if (seedOf(scene) !== 'harbor' || scene.files.has(TO)) {
    await work(scene);
    return;
  }
  const drafts = new Drafts(scene.files);
  const summary = 'The pilot has a folder and a test of its own.';
  await scene.turn(async () => {
    await scene.intent('Moving the pilot');
    await scene.act(
      `For “${quote(scene.prompt)}”, I move the file first, so that its history stays with it.`,
      drafts.move(FROM, TO),
      ...EDITS.map(([before, after]) => drafts.edit(TO, before, after)),
    );
  });
  await scene.turn(async () => {
    await scene.intent('Writing a test');
    const entry = '# Changelog\n\n';
    await scene.act(
      'What decides whether a ship may come in is a function now, so a test can ask it.',
      drafts.create(TEST, TESTS),
      drafts.edit(CHANGELOG, entry, `${entry}- ${summary}\n`),
      {
        name: 'bash',
        arguments: { command: 'npm test', description: 'Run all tests' },
        result: '> harbor@1.4.0 test\n> node --test\n\n# tests 8\n# pass 8\n# fail 0\n# duration_ms 231.9',
        exitCode: 0,
        takes: 4_000,
      },
    );
  });
  await scene.turn(async () => {
    await scene.push(summary);
    await scene.say(
      `**Done:** ${quote(scene.prompt)}\n\n- ${summary}\n- All tests pass.\n- The change is one commit on \`${scene.task.branch}\`.`,
    );
    await scene.finish(`${summary} All tests pass.`);
  });
}

/** The calls of tools that change the files, made in the order in which they are run. */
class Drafts {
  private readonly contents = new Map<string, string>(Object.entries(SEEDS.harbor.files));

  constructor(private readonly files: Map<string, string>) {}

  move(from: string, to: string): ToolCall {
    this.contents.set(to, this.contents.get(from) ?? '');
    return {
      name: 'bash',
      arguments: { command: `mkdir -p ${path.posix.dirname(to)} && git mv ${from} ${to}`, description: `Move ${from}` },
      result: '',
      exitCode: 0,
      does: (machine) => machine.noteRename(from, to),
    };
  }

  create(file: string, text: string): ToolCall {
    return {
      name: 'create',
      arguments: { path: file, file_text: text },
      result: `Created file ${file} with ${text.length} characters.`,
      ...this.change(file, '', text),
    };
  }

  edit(file: string, before: string, after: string): ToolCall {
    return {
      name: 'edit',
      arguments: { path: file, old_str: before, new_str: after },
      result: `File ${file} updated with changes.`,
      ...this.change(file, before, after),
    };
  }

  private change(file: string, before: string, after: string): Pick<ToolCall, 'details' | 'does'> {
    const content = this.contents.get(file) ?? '';
    const changed = content.replace(before, () => after);
    this.contents.set(file, changed);
    return {
      details: unifiedDiff(file, content, before, after),
      does: (machine) => {
        this.files.set(file, changed);
        return machine.noteEdit(file, before, after);
      },
    };
  }
}
