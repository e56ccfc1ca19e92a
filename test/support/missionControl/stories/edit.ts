import { SEEDS, seedName } from '../github/seeds';
import type { Scene } from '../scene';
import type { ToolCall } from '../stage';
import type { Case } from './cases';
import { quote } from './quote';

const CHANGELOG = 'CHANGELOG.md';
const HEADING = '# Changelog\n\n';
const CONTEXT = 3;

/** A change of one file, and the message of its commit. */
export interface Edit {
  readonly call: ToolCall;
  readonly message: string;
}

/**
 * What a session's agent changes: the first time the fault of the case, later, when that is mended, the changelog, with
 * an entry for the prompt. The calls show what the agent's clone then has.
 */
export function nextEdit(scene: Scene, it: Case): Edit {
  const { changes } = scene;
  const isFirst = changes.length === 0;
  const { file, before, after, message } = isFirst
    ? { file: it.file, before: it.before, after: it.after, message: it.summary }
    : {
        file: CHANGELOG,
        before: HEADING,
        after: `${HEADING}- ${quote(scene.prompt)}\n`,
        message: quote(scene.prompt),
      };
  const seed: Readonly<Record<string, string>> = SEEDS[seedName(scene.task.repository?.name ?? scene.prompt)].files;
  const content = isFirst
    ? contentOf(it, seed)
    : `${HEADING}${changes.slice(1).toReversed().join('')}${(seed[CHANGELOG] ?? '').slice(HEADING.length)}`;
  return {
    message,
    call: {
      name: 'edit',
      arguments: { path: file, old_str: before, new_str: after },
      result: `File ${file} updated with changes.`,
      details: unifiedDiff(file, content, before, after),
      does: (machine) => {
        changes.push(isFirst ? '' : `- ${quote(scene.prompt)}\n`);
        return machine.noteEdit(file, before, after);
      },
    },
  };
}

/** The file of a case before it is mended. */
function contentOf({ file, before }: Case, seed: Readonly<Record<string, string>>): string {
  return seed[file] ?? before;
}

/** A diff with one hunk, as Git shows it without a function's name in its head. `before` is made of whole lines. */
function unifiedDiff(file: string, content: string, before: string, after: string): string {
  const at = content.indexOf(before);
  const [above, below] = [linesOf(content.slice(0, at)), linesOf(content.slice(at + before.length))];
  const [removed, added] = [linesOf(before), linesOf(after)];
  // Lines that both begin with are context.
  while (removed.length > 0 && removed[0] === added[0]) {
    above.push(removed.shift() ?? '');
    added.shift();
  }
  const [head, tail] = [above.slice(-CONTEXT), below.slice(0, CONTEXT)];
  const first = above.length - head.length + 1;
  const range = (lines: readonly string[]): string => `${first},${head.length + lines.length + tail.length}`;
  return [
    `diff --git a/${file} b/${file}`,
    `--- a/${file}`,
    `+++ b/${file}`,
    `@@ -${range(removed)} +${range(added)} @@`,
    ...head.map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...tail.map((line) => ` ${line}`),
    '',
  ].join('\n');
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
