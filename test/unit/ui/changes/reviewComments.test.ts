import assert from 'node:assert/strict';
import { Emitter } from 'vscode-jsonrpc/node';
import { execute, onMessage, replaceMembers, resetVscode, shown } from '../../../support/vscodeStub';
import type * as vscode from 'vscode';
import type { ReviewThread } from '../../../../src/core/review/reviewThread';
import { ReviewThreads } from '../../../../src/core/review/reviewThreads';
import type { SessionStore } from '../../../../src/core/store/sessionStore';
import { Command } from '../../../../src/manifest';
import { uriOfSide } from '../../../../src/ui/changes/changeUri';
import { ReviewCommentCommands } from '../../../../src/ui/changes/reviewCommentCommands';
import { ReviewComments, type EditorComment } from '../../../../src/ui/changes/reviewComments';
import { eventually } from '../../../support/eventually';
import { sessionRow } from '../../../support/sessionRows';

interface Editor {
  readonly uri: vscode.Uri;
  range: { readonly start: { readonly line: number }; readonly end: { readonly line: number } };
  comments: readonly EditorComment[];
  label?: string;
  dispose(): void;
}

class Range {
  readonly start: { line: number };
  readonly end: { line: number };

  constructor(startLine: number, _start: number, endLine: number) {
    [this.start, this.end] = [{ line: startLine }, { line: endLine }];
  }
}

const FILE = { path: 'pier.ts', status: 'modified', additions: 1, deletions: 0 } as const;

describe('the comments on the changes of a session', () => {
  const row = sessionRow('a');
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  let reviews: ReviewThreads;
  let changes: Emitter<string>;
  let editors: Editor[];
  let text: string | undefined;
  let open: string | undefined;
  let copied: string[];
  let comments: ReviewComments;
  let disposables: { dispose(): unknown }[];

  const uri = () => uriOfSide('a', FILE, 'after');

  beforeEach(() => {
    resetVscode();
    [reviews, changes] = [new ReviewThreads(), new Emitter()];
    [editors, copied, text, open] = [[], [], 'one\ntwo\nthree\n', undefined];
    const createCommentThread = (at: vscode.Uri, range: Editor['range']): Editor => {
      const editor = { uri: at, range, comments: [], dispose: () => undefined };
      editors.push(editor);
      return editor;
    };
    const restore = replaceMembers({
      api: {
        comments: { createCommentController: () => ({ createCommentThread, dispose: () => undefined }) },
        CommentMode: { Editing: 0, Preview: 1 },
        Range,
        MarkdownString: class {
          constructor(readonly value: string) {}
        },
        workspace: {
          get textDocuments() {
            return open === undefined ? [] : [{ uri: uri(), getText: () => open }];
          },
        },
        env: { clipboard: { writeText: (copy: string) => copied.push(copy) } },
      },
    });
    const store = {
      ...{ reviews, rows: [row], find: (id: string) => (id === 'a' ? row : undefined) },
      beforeSend: () => Promise.resolve(),
    } as unknown as SessionStore;
    comments = new ReviewComments(
      store,
      { filesOf: () => [FILE], onDidChange: changes.event },
      { textOf: () => Promise.resolve(text) },
    );
    disposables = [comments, new ReviewCommentCommands(store, comments).register(), { dispose: restore }];
  });

  afterEach(() => {
    disposables.forEach((one) => one.dispose());
    resetVscode();
  });

  const put = async (more: Partial<ReviewThread> = {}): Promise<Editor> => {
    const note = { id: 'note', body: 'Why?', writtenAt: new Date(0) };
    const place = { startLine: 2, endLine: 2, code: 'two' };
    reviews.put({ id: 't', sessionId: 'a', path: FILE.path, ...place, isResolved: false, notes: [note], ...more });
    await settled();
    return editors[0]!;
  };
  const reread = async (): Promise<void> => {
    changes.fire('a');
    await settled();
  };

  it('keep their place by their lines, and say when these have changed', async () => {
    const editor = await put();
    assert.deepEqual([editor.range.start.line, editor.label], [1, 'Draft: not sent yet']);
    text = 'zero\none\ntwo\n';
    await reread();
    assert.deepEqual([editor.range.start.line, editor.label], [2, 'Draft: not sent yet']);
    text = 'zero\none\n';
    await reread();
    assert.equal(editor.label, 'Outdated: the lines have changed since.');
    assert.equal(comments.placeOf(reviews.get('t')!), undefined);
  });

  it('do not say that lines have changed which only cannot be read now', async () => {
    const editor = await put();
    text = 'zero\none\ntwo\n';
    await reread();
    text = undefined;
    await reread();
    assert.deepEqual([editor.range.start.line, editor.label], [2, 'Draft: not sent yet']);
    assert.deepEqual(comments.placeOf(reviews.get('t')!), { startLine: 3, endLine: 3 });
  });

  it('stay in the box while they are changed, whatever the agent does', async () => {
    const editor = await put();
    comments.edit(editor.comments[0]!);
    const [edited] = editor.comments;
    assert.equal(edited?.mode, 0);
    await reread();
    // Another object would be another comment to VS Code: what was typed would be gone.
    assert.equal(editor.comments[0], edited);
    await execute(Command.cancelComment, edited);
    await settled();
    assert.deepEqual(
      editor.comments.map(({ mode }) => mode),
      [1],
    );
  });

  it('are saved, also when they were sent while they were changed', async () => {
    const editor = await put();
    const edit = async (body: string): Promise<void> => {
      comments.edit(editor.comments[0]!);
      reviews.markSent(row, 'hash');
      await settled();
      await execute(Command.saveComment, { ...editor.comments[0], body });
      await settled();
    };
    comments.edit(editor.comments[0]!);
    await execute(Command.saveComment, { ...editor.comments[0], body: 'Why so?' });
    assert.deepEqual(
      reviews.get('t')?.notes.map(({ body }) => body),
      ['Why so?'],
    );
    await edit('Why so?');
    assert.equal(reviews.get('t')?.notes.length, 1);
    await edit('Not like this');
    assert.deepEqual(
      reviews.get('t')?.notes.map(({ body, sentIn }) => [body, sentIn]),
      [
        ['Why so?', 'hash'],
        ['Not like this', undefined],
      ],
    );
    assert.match(shown[0]?.text ?? '', /your text is a new draft/);
    assert.deepEqual(
      editor.comments.map(({ mode, label }) => [mode, label]),
      [
        [1, 'sent'],
        [1, 'draft'],
      ],
    );
  });

  it('give back the text that could not be kept', async () => {
    const editor = await put();
    onMessage(({ buttons }) => buttons.find((button) => button === 'Copy Comment'));
    reviews.delete('t');
    await execute(Command.saveComment, { ...editor.comments[0], body: 'A long one' });
    const thread = { uri: uri(), comments: [], range: new Range(0, 0, 0), dispose: () => undefined };
    text = undefined;
    await execute(Command.addComment, { thread, text: 'Another one' });
    await eventually(
      'both to be copied',
      () => copied.length,
      (count) => count === 2,
    );
    assert.deepEqual(copied, ['A long one', 'Another one']);
    assert.match(shown[0]?.text ?? '', /was deleted in the meantime/);
    assert.match(shown[1]?.text ?? '', /cannot be read\. Open the change again/);
  });

  it('are on the lines that the editor shows, though the agent has others by now', async () => {
    open = 'one\nthe second\n';
    const thread = { uri: uri(), comments: [], range: new Range(1, 0, 1), dispose: () => undefined };
    await execute(Command.addComment, { thread, text: 'Why?' });
    assert.deepEqual(
      reviews.all.map(({ code, startLine }) => [code, startLine]),
      [['the second', 2]],
    );
  });
});
