import '../../../support/vscodeStub';
import assert from 'node:assert/strict';
import { CancellationTokenSource, Emitter } from 'vscode-jsonrpc/node';
import * as vscode from 'vscode';
import { showInput, type End, type InputFrame } from '../../../../src/ui/common/inputs';

/** An input box with the members that `showInput` uses. */
class Box {
  private readonly buttonPresses = new Emitter<unknown>();
  private readonly hides = new Emitter<void>();
  readonly onDidTriggerButton = this.buttonPresses.event;
  readonly onDidHide = this.hides.event;
  buttons: readonly unknown[] = [];
  ignoreFocusOut = false;
  shown = 0;
  disposed = 0;

  show(): void {
    this.shown++;
  }

  press(button: unknown): void {
    this.buttonPresses.fire(button);
  }

  hide(): void {
    this.hides.fire();
  }

  /** As in VS Code, disposing of an input hides it. */
  dispose(): void {
    this.disposed++;
    this.hide();
  }
}

function open(frame: Partial<InputFrame> = {}, box = new Box()) {
  let end: End<string> | undefined;
  const result = showInput<string>(
    box as unknown as vscode.InputBox,
    { title: 'Title', ...frame },
    (given) => (end = given),
    () => 'back',
  );
  return { box, result, end: end! };
}

describe('an input', () => {
  it('is shown, has one result, and is disposed of with it', async () => {
    const { box, result, end } = open();
    assert.deepEqual([box.shown, box.ignoreFocusOut, box.buttons.length, end.isOver()], [1, true, 0, false]);
    end('first');
    end('second');
    box.hide();
    assert.equal(await result, 'first');
    assert.deepEqual([box.disposed, end.isOver()], [1, true]);
  });

  it('has no result when it is closed', async () => {
    const { box, result } = open();
    box.hide();
    assert.equal(await result, undefined);
    assert.equal(box.disposed, 1);
  });

  it('leads back from the second step on, and keeps its own buttons', async () => {
    const box = new Box();
    box.buttons = ['own'];
    const { result } = open({ step: 2, totalSteps: 3 }, box);
    assert.deepEqual([box.buttons.length, box.buttons.at(-1)], [2, 'own']);
    box.press('own');
    box.press(vscode.QuickInputButtons.Back);
    assert.equal(await result, 'back');
    assert.equal(open({ step: 1 }).box.buttons.length, 0);
  });

  it('ends when what it is about is gone, and is not shown if it is gone already', async () => {
    const source = new CancellationTokenSource();
    const token = source.token as vscode.CancellationToken;
    const { box, result } = open({ token });
    source.cancel();
    assert.equal(await result, undefined);
    assert.equal(box.disposed, 1);
    const late = open({ token });
    assert.equal(await late.result, undefined);
    assert.deepEqual([late.box.shown, late.box.disposed], [0, 1]);
  });
});
