import * as vscode from 'vscode';
import { showInput, type InputFrame } from '../common/inputs';

export type InputResult<Value> = { readonly value: Value } | 'back' | undefined;

export interface PickItem<Value> extends vscode.QuickPickItem {
  readonly value: Value;
}

/**
 * Lets a person choose one item or, with `many`, several.
 * @returns `undefined` if nothing was chosen
 */
export function pick<Value>(
  frame: InputFrame,
  placeholder: string,
  items: readonly (PickItem<Value> | vscode.QuickPickItem)[],
  many?: { readonly chosen: readonly Value[]; problem(count: number): string | undefined },
): Promise<InputResult<readonly Value[]>> {
  const input = vscode.window.createQuickPick<PickItem<Value> | vscode.QuickPickItem>();
  input.placeholder = placeholder;
  input.items = items;
  input.matchOnDescription = true;
  input.matchOnDetail = true;
  input.canSelectMany = many !== undefined;
  if (many !== undefined) {
    input.selectedItems = items.filter((item) => 'value' in item && many.chosen.includes(item.value));
  }
  return show<readonly Value[]>(input, frame, (accept) => {
    input.onDidAccept(() => {
      const values = input.selectedItems.flatMap((item) => ('value' in item ? [item.value] : []));
      const problem = many?.problem(values.length);
      if (problem !== undefined) {
        input.placeholder = problem;
      } else if (many !== undefined || values.length > 0) {
        accept(values);
      }
    });
  });
}

export interface TextInput {
  readonly prompt: string;
  readonly value: string;
  readonly placeholder?: string;
  /** @returns why the text cannot be taken */
  problem(text: string): string | undefined;
}

/** Lets a person write a text. A problem with it is shown while it is typed, and keeps it from being accepted. */
export function write(frame: InputFrame, options: TextInput): Promise<InputResult<string>> {
  const input = vscode.window.createInputBox();
  input.prompt = options.prompt;
  input.value = options.value;
  input.placeholder = options.placeholder;
  return show<string>(input, frame, (accept) => {
    input.onDidChangeValue((text) => {
      input.validationMessage = text === '' ? undefined : options.problem(text);
    });
    input.onDidAccept(() => {
      input.validationMessage = options.problem(input.value);
      if (input.validationMessage === undefined) {
        accept(input.value);
      }
    });
  });
}

function show<Value>(
  input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox,
  frame: InputFrame,
  listen: (accept: (value: Value) => void) => void,
): Promise<InputResult<Value>> {
  return showInput<Exclude<InputResult<Value>, undefined>>(
    input,
    frame,
    (end) => listen((value) => end({ value })),
    () => 'back',
  );
}
