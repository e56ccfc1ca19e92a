import assert from 'node:assert/strict';
import { reviewPrompt } from '../../../../src/core/review/reviewPrompt';
import type { ReviewThread } from '../../../../src/core/review/reviewThread';

const thread = (path: string, startLine: number, code: string, ...bodies: string[]): ReviewThread => ({
  ...{
    id: `${path}:${startLine}`,
    sessionId: 's',
    path,
    startLine,
    endLine: startLine + code.split('\n').length - 1,
    code,
  },
  isResolved: false,
  notes: bodies.map((body, index) => ({ id: String(index), body, writtenAt: new Date(0) })),
});
const placed = (each: ReviewThread) => ({ thread: each, place: each });

describe('the prompt of a review', () => {
  it('has the file, the lines, the code and the words of each comment, by file and line', () => {
    const text = reviewPrompt([
      placed(thread('src/b.py', 3, 'x = 1', 'Why 1?')),
      placed(thread('src/a.ts', 9, 'foo();\nbar();', 'Not both. ', 'Or say why.')),
      placed(thread('src/a.ts', 2, 'let a;', 'const')),
    ]);
    assert.equal(
      text,
      [
        'I reviewed your changes and have 4 comments. Please address each of them.',
        '1. `src/a.ts`, line 2:',
        '```ts\nlet a;\n```',
        'const',
        '2. `src/a.ts`, lines 9-10:',
        '```ts\nfoo();\nbar();\n```',
        'Not both.',
        'Or say why.',
        '3. `src/b.py`, line 3:',
        '```py\nx = 1\n```',
        'Why 1?',
      ].join('\n\n'),
    );
  });

  it('says where the lines are now, and that they have changed', () => {
    const moved = thread('a.ts', 2, 'b', 'c');
    assert.match(reviewPrompt([{ thread: moved, place: { startLine: 7, endLine: 7 } }]), /`a\.ts`, line 7:/);
    assert.match(reviewPrompt([{ thread: moved, place: undefined }]), /line 2 \(as it was when I wrote this/);
  });

  it('has no comment that was sent, and none of a resolved thread', () => {
    const sent = thread('a.ts', 1, 'a', 'old', 'new');
    const [old, fresh] = sent.notes;
    const text = reviewPrompt([
      placed({ ...sent, notes: [{ ...old!, sentIn: 'x' }, fresh!] }),
      placed({ ...thread('b.ts', 1, 'b', 'resolved'), isResolved: true }),
    ]);
    assert.match(text, /^I reviewed your changes and have one comment\./);
    assert.doesNotMatch(text, /old|resolved|b\.ts/);
  });

  it('quotes code in a fence that the code cannot close, and not endlessly', () => {
    const text = reviewPrompt([placed(thread('a.md', 1, '```js\nx\n```\n````', 'Hm'))]);
    assert.match(text, /\n`````md\n```js\nx\n```\n````\n`````\n/);
    const long = reviewPrompt([placed(thread('a.ts', 1, Array.from({ length: 500 }, () => 'x').join('\n'), 'Hm'))]);
    assert.ok(long.split('\n').length < 80, `${long.split('\n').length} lines`);
  });
});
