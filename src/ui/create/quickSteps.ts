import * as vscode from 'vscode';
import { defined } from '../../core/common/defined';
import { showInput, type End, type InputFrame } from '../common/inputs';
import type { Row } from './createSessionRows';

/** The factory of inputs: `vscode.window`, or a test's. */
export type QuickInputs = Pick<typeof vscode.window, 'createQuickPick' | 'createInputBox'>;

/** The properties of every step of a wizard. */
export interface StepFrame extends InputFrame {
  /** The initial text of the field. */
  readonly text: string;
}

export type StepResult<Value> =
  | { readonly kind: 'next'; readonly value: Value; readonly text: string; readonly key: string }
  | { readonly kind: 'back'; readonly text: string }
  | { readonly kind: 'cancel' };

export interface PickStep<Choice> extends StepFrame {
  /** The key of the row to focus first, if it is listed. */
  readonly key: string | undefined;
  rows(text: string): readonly Row<Choice>[];
  placeholder(): string;
  /** Pending while more rows may come. It may resolve to a text that replaces `text`, if the field is unchanged. */
  readonly loading: Promise<string | undefined> | undefined;
  /** Whether the choice ends the step. */
  accept(choice: Choice): boolean;
}

type Item<Choice> = vscode.QuickPickItem & { readonly row?: Row<Choice> };

/** Lets the user choose a row; the rows follow the typed text. Disposes the input. */
export function pickStep<Choice>(inputs: QuickInputs, step: PickStep<Choice>): Promise<StepResult<Choice>> {
  const pick = inputs.createQuickPick<Item<Choice>>();
  pick.matchOnDescription = true;
  pick.value = step.text;
  let shown = '';
  let wanted = step.key;
  const refresh = (): void => {
    const rows = step.rows(pick.value);
    pick.placeholder = step.placeholder();
    // Setting the items resets the user's position in the list, so unchanged rows are not set again.
    if (JSON.stringify(rows) === shown) {
      return;
    }
    shown = JSON.stringify(rows);
    pick.items = rows.flatMap(itemsOf);
    const active = pick.items.find(({ row }) => row !== undefined && row.key === wanted);
    if (active !== undefined) {
      pick.activeItems = [active];
      wanted = undefined;
    }
  };
  return ask(pick, step, (end) => {
    pick.onDidChangeValue(() => {
      wanted = undefined;
      refresh();
    });
    pick.onDidAccept(() => {
      const key = (pick.selectedItems[0] ?? pick.activeItems[0])?.row?.key;
      // The items may lag behind the text: the row is looked up for the accepted text.
      const row = step.rows(pick.value).find((candidate) => candidate.key === key);
      if (row !== undefined && step.accept(row.choice)) {
        end({ kind: 'next', value: row.choice, text: pick.value, key: row.key });
      }
    });
    if (step.loading !== undefined) {
      pick.busy = true;
      void step.loading.then((text) => {
        if (end.isOver()) {
          return;
        }
        pick.busy = false;
        if (text !== undefined && pick.value === step.text) {
          pick.value = text;
        }
        refresh();
      });
    }
    refresh();
  });
}

export interface InputStep extends StepFrame {
  readonly placeholder: string;
  readonly hint: string;
}

/** Lets the user type a text. Disposes the input. */
export function inputStep(inputs: QuickInputs, step: InputStep): Promise<StepResult<string>> {
  const input = inputs.createInputBox();
  input.value = step.text;
  input.valueSelection = [step.text.length, step.text.length];
  input.placeholder = step.placeholder;
  input.prompt = step.hint;
  return ask(input, step, (end) => {
    input.onDidAccept(() => end({ kind: 'next', value: input.value, text: input.value, key: '' }));
  });
}

async function ask<Value>(
  input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox,
  step: StepFrame,
  listen: (end: End<StepResult<Value>>) => void,
): Promise<StepResult<Value>> {
  const back = (): StepResult<Value> => ({ kind: 'back', text: input.value });
  return (await showInput(input, step, listen, back)) ?? { kind: 'cancel' };
}

function itemsOf<Choice>(row: Row<Choice>): Item<Choice>[] {
  const { label, description, detail, alwaysShow, group } = row;
  const item: Item<Choice> = {
    label,
    row,
    ...defined({ description, detail, alwaysShow }),
  };
  return group === undefined ? [item] : [{ label: group, kind: vscode.QuickPickItemKind.Separator }, item];
}
