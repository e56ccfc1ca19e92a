import { SEEDS } from '../github/seeds';
import type { Scene } from '../scene';
import type { ToolCall } from '../stage';
import { seedOf, type Case } from './cases';
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
 * What a session's agent changes: the first time the fault of the case; later a remark in its file if the prompt names it,
 * as a review does; otherwise an entry in the changelog. The calls show what the agent's clone then has.
 */
export function nextEdit(scene: Scene, it: Case): Edit {
  const { files } = scene;
  const seed: Readonly<Record<string, string>> = SEEDS[seedOf(scene)].files;
  const contentOf = (file: string): string => files.get(file) ?? seed[file] ?? '';
  const { file, before, after, message } = chooseEdit(scene, it, contentOf(it.file));
  const content = contentOf(file);
  return {
    message,
    call: {
      name: 'edit',
      arguments: { path: file, old_str: before, new_str: after },
      result: `File ${file} updated with changes.`,
      details: unifiedDiff(file, content, before, after),
      does: (machine) => {
        files.set(
          file,
          content.replace(before, () => after),
        );
        return machine.noteEdit(file, before, after);
      },
    },
  };
}

function chooseEdit(
  { prompt, files }: Scene,
  it: Case,
  content: string,
): { readonly file: string; readonly before: string; readonly after: string; readonly message: string } {
  if (!files.has(it.file)) {
    return { file: it.file, before: it.before, after: it.after, message: it.summary };
  }
  const message = quote(prompt);
  if (prompt.includes(it.file) && !content.includes(it.remark)) {
    const before = `${it.after.split('\n', 1)[0] ?? ''}\n`;
    return { file: it.file, before, after: `${it.remark}${before}`, message };
  }
  return { file: CHANGELOG, before: HEADING, after: `${HEADING}- ${message}\n`, message };
}

/** A diff with one hunk, as Git shows it without a function's name in its head. `before` is made of whole lines. */
export function unifiedDiff(file: string, content: string, before: string, after: string): string {
  const at = content.indexOf(before);
  const [above, below] = [linesOf(content.slice(0, at)), linesOf(content.slice(at + before.length))];
  const [removed, added] = [linesOf(before), linesOf(after)];
  // Lines that both begin or end with are context.
  while (removed.length > 0 && removed[0] === added[0]) {
    above.push(removed.shift() ?? '');
    added.shift();
  }
  while (removed.length > 0 && removed.at(-1) === added.at(-1)) {
    below.unshift(removed.pop() ?? '');
    added.pop();
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
