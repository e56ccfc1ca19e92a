import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { Command } from '../../src/manifest';
import { TRANSCRIPT_SCHEME } from '../../src/ui/transcripts/transcriptDocuments';
import { until, useRealRuntime } from '../support/realRuntimeSuite';

describe('transcripts in VS Code, with the real runtime', () => {
  const suite = useRealRuntime({ startsAfterMs: 0 });
  let sessionId = '';

  before(async () => {
    const { api, service } = suite;
    const session = await api.createCloudSession({
      cloud: { repository: { owner: 'octo-org', name: 'harbor' } },
      prompt: 'Greet each ship',
    });
    ({ sessionId } = session);
    await until('the agent to ask', async () => (await stateOf(sessionId)) === 'needs input');
    service.append(service.tasks.at(-1)!.id, 'session.warning', {
      warningType: 'test',
      message: '<script>alert(1)</script> [run](command:workbench.action.quit) ![x](http://127.0.0.1:1/x.png)',
    });
    await until('the warning', () => textOf().then((text) => text.includes('alert')));
  });

  const stateOf = async (id: string): Promise<string | undefined> =>
    (await suite.api.listSessions()).find((session) => session.sessionId === id)?.state;

  const open = async (): Promise<vscode.TextDocument> => {
    const uri = await vscode.commands.executeCommand<vscode.Uri>(Command.openTranscript, sessionId);
    return vscode.workspace.openTextDocument(uri);
  };
  const textOf = async (): Promise<string> => (await open()).getText();

  it('are shown as Markdown: link, prompt, folded tool calls; nothing in them has Markdown’s powers', async () => {
    const document = await open();
    const text = document.getText();
    assert.equal(document.uri.scheme, TRANSCRIPT_SCHEME);
    assert.match(text, /^# /);
    assert.ok(text.includes(`https://github.com/copilot/tasks/${suite.service.tasks.at(-1)?.id ?? ''}`));
    assert.ok(text.includes('Greet each ship'));
    assert.match(text, /<details>/);
    assert.doesNotMatch(text, /<script>|\]\(command:|!\[x\]\(/);
    // The command completes before the extension host learns of the tab.
    await until('the preview', () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .some(({ input }) => input instanceof vscode.TabInputWebview),
    );
  });

  it('go on while they are open', async () => {
    const document = await open();
    suite.service.append(suite.service.tasks.at(-1)!.id, 'session.warning', {
      warningType: 'test',
      message: 'The tide turns',
    });
    await until('the document to follow', () => document.getText().includes('The tide turns'));
  });

  it('are exported as Markdown and as JSON lines, and not over what cannot be written', async () => {
    const target = (name: string): vscode.Uri => vscode.Uri.file(path.join(suite.folder, name));
    await vscode.commands.executeCommand(Command.exportTranscript, { sessionId, uri: target('a.md') });
    assert.match(await readFile(target('a.md').fsPath, 'utf8'), /Greet each ship/);
    await vscode.commands.executeCommand(Command.exportTranscript, { sessionId, uri: target('a.jsonl') });
    const types = (await readFile(target('a.jsonl').fsPath, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    assert.ok(types.includes('session.start') && types.includes('permission.requested'), types.join());
    await assert.rejects(
      Promise.resolve(
        vscode.commands.executeCommand(Command.exportTranscript, { sessionId, uri: target('a.md/under a file.md') }),
      ),
      /could not be written/,
    );
    await assert.rejects(
      Promise.resolve(vscode.commands.executeCommand(Command.exportTranscript, { sessionId, uri: 'no uri' })),
      /Uri/,
    );
  });

  it('are searched, whatever the case, and the place is jumped to', async () => {
    const hits = await vscode.commands.executeCommand<readonly { sessionId: string; excerpt: string }[]>(
      Command.searchTranscripts,
      { query: 'GREET each  ship' },
    );
    assert.ok(
      hits.some((hit) => hit.sessionId === sessionId && hit.excerpt.includes('Greet each ship')),
      JSON.stringify(hits),
    );
    assert.deepEqual(
      await vscode.commands.executeCommand(Command.searchTranscripts, { query: 'a text that nobody wrote (.*' }),
      [],
    );
  });

  it('say so when nothing is kept of a session', async () => {
    await assert.rejects(
      Promise.resolve(vscode.commands.executeCommand(Command.openTranscript, 'no such session')),
      /no transcript/,
    );
  });

  describe('a prompt in an editor', () => {
    const compose = async (text: string): Promise<vscode.TextEditor> => {
      await vscode.commands.executeCommand(Command.composePrompt, { sessionId, text });
      const editor = vscode.window.activeTextEditor;
      assert.ok(editor);
      return editor;
    };
    const isOpen = ({ uri }: vscode.TextDocument): boolean =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .some(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString());
    const prompts = (): readonly string[] =>
      suite.service.tasks
        .flatMap(({ steers }) => steers)
        .flatMap(({ content }) => (content === undefined ? [] : [content]));

    before(async () => {
      await vscode.commands.executeCommand(Command.stop, sessionId);
      await until('the agent rests', async () => (await stateOf(sessionId)) === 'idle');
    });

    it('is sent whole, and its editor is closed', async () => {
      const text = 'First line\n\n- second “line”\n\tthird';
      const { document } = await compose(text);
      assert.equal(document.getText(), text);
      await vscode.commands.executeCommand(Command.sendComposed);
      await until('the prompt', () => prompts().includes(text));
      await until('the editor is closed', () => !isOpen(document));
    });

    it('stays in its editor if it is empty', async () => {
      const before = prompts().length;
      const empty = await compose('  \n ');
      await vscode.commands.executeCommand(Command.sendComposed);
      assert.ok(isOpen(empty.document));
      assert.equal(prompts().length, before);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    });
  });
});
