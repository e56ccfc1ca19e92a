import {
  createSourceFile,
  forEachChild,
  isArrayLiteralExpression,
  isCallExpression,
  isIdentifier,
  isNamespaceImport,
  isObjectLiteralExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isStringLiteralLike,
  ScriptTarget,
  type Expression,
  type Node,
  type SourceFile,
} from 'typescript';

/** A call of `l10n.t`. */
export interface TextCall {
  /** As in the bundles of the repository: the message, and the comment behind a slash. */
  readonly key: string;
  readonly message: string;
  /** What stands before the values. */
  readonly head: Place;
  /** What stands behind them; `undefined` where nothing has to go. */
  readonly tail: Place | undefined;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

const NAME = 'l10n';

/**
 * The calls of `l10n.t` in a source.
 *
 * @throws if the source uses `@vscode/l10n` in another way, since a text would be left out
 */
export function textCalls(name: string, source: string): readonly TextCall[] {
  if (!source.includes("from '@vscode/l10n'")) {
    return [];
  }
  const calls: TextCall[] = [];
  const file = createSourceFile(name, source, ScriptTarget.Latest, true);
  const visit = (node: Node): void => {
    if (isIdentifier(node) && node.text === NAME && !isNamespaceImport(node.parent)) {
      const member = node.parent;
      if (!isPropertyAccessExpression(member)) {
        throw unknown(file, node);
      }
      // `vscode.l10n` is another.
      if (member.expression === node && member.name.text !== 'config') {
        calls.push(textCall(file, member));
      }
    }
    forEachChild(node, visit);
  };
  visit(file);
  if (calls.length === 0 && !source.includes(`${NAME}.config`)) {
    throw new Error(`${name} imports @vscode/l10n under another name than ${NAME}.`);
  }
  return calls;
}

function textCall(file: SourceFile, called: Expression): TextCall {
  const call = called.parent;
  const text = isCallExpression(call) && call.expression === called ? call.arguments[0] : undefined;
  if (text === undefined || called.getText(file) !== `${NAME}.t`) {
    throw unknown(file, called);
  }
  if (isStringLiteralLike(text)) {
    return { key: text.text, message: text.text, head: placeOf(file, text), tail: undefined };
  }
  if (!isObjectLiteralExpression(text)) {
    throw unknown(file, called);
  }
  const parts = new Map(
    text.properties.map((part) => {
      if (!isPropertyAssignment(part)) {
        throw unknown(file, part);
      }
      return [part.name.getText(file), part.initializer];
    }),
  );
  const message = literal(file, parts.get('message') ?? text);
  const comment = items(file, parts.get('comment')).map((line) => literal(file, line));
  const values = items(file, parts.get('args'));
  const [first, last] = [values[0], values.at(-1)];
  const { start, end } = placeOf(file, text);
  return {
    key: comment.length === 0 ? message : `${message}/${comment.join('')}`,
    message,
    head: { start, end: first?.getStart(file) ?? end },
    tail: last && { start: last.end, end },
  };
}

function items(file: SourceFile, list: Expression | undefined): readonly Expression[] {
  if (list === undefined) {
    return [];
  }
  if (!isArrayLiteralExpression(list)) {
    throw unknown(file, list);
  }
  return list.elements;
}

function literal(file: SourceFile, node: Expression): string {
  if (!isStringLiteralLike(node)) {
    throw unknown(file, node);
  }
  return node.text;
}

function placeOf(file: SourceFile, node: Node): Place {
  return { start: node.getStart(file), end: node.end };
}

function unknown(file: SourceFile, node: Node): Error {
  const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return new Error(`${file.fileName}:${line + 1}: this use of l10n is unknown: ${node.getText(file)}`);
}
