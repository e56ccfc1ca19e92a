import { ESLintUtils } from '@typescript-eslint/utils';

/** Two consecutive words, or a single one in the form of a label: "Retry", "Sign In…". */
const PROSE = /\p{L}{2,}[,.:;!?…”"’)]* +[“"‘(]?\p{L}|^\p{Lu}\p{Ll}+(?:…|\.{3}|:)?$/u;
/** Log messages stay English, as VS Code's own do. */
const LOG_METHODS = new Set(['trace', 'debug', 'info', 'warn', 'error']);
/** Calls that compare their strings or search for them. */
const TEXT_METHODS = new Set(['startsWith', 'endsWith', 'includes', 'indexOf', 'has', 'get', 'split', 'match', 'test']);

/**
 * A text for a user has to be the literal argument of `l10n.t` of `@vscode/l10n`: the extractor of the bundle reads the
 * source, aborts at a template with values, and skips concatenations and conditional expressions.
 */
export const localizedText = ESLintUtils.RuleCreator.withoutDocs({
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      plain: 'A text for users goes through l10n.t of @vscode/l10n: {{text}}',
      literal: 'l10n.t takes one literal; values go in as {0}. The extractor does not see anything else.',
    },
  },
  defaultOptions: [],
  create(context) {
    const check = (node, text) => {
      if (PROSE.test(text) && !isLocalized(node) && !isForNobody(node)) {
        context.report({ node, messageId: 'plain', data: { text: text.slice(0, 60) } });
      }
    };
    return {
      Literal(node) {
        if (typeof node.value === 'string') {
          check(node, node.value);
        }
      },
      TemplateLiteral(node) {
        check(node, node.quasis.map(({ value }) => value.cooked).join('0'));
      },
      CallExpression(node) {
        if (isTranslation(node) && !isLiteralMessage(node.arguments[0])) {
          context.report({ node, messageId: 'literal' });
        }
      },
    };
  },
});

function isTranslation(node) {
  const { callee } = node;
  return callee.type === 'MemberExpression' && callee.object.name === 'l10n' && callee.property.name === 't';
}

function isLiteralMessage(node) {
  if (node?.type === 'ObjectExpression') {
    const message = node.properties.find(({ key }) => key?.name === 'message');
    return message !== undefined && isLiteralMessage(message.value);
  }
  return node?.type === 'Literal' && typeof node.value === 'string';
}

/** Whether the node is the message of a translation, or its comment for translators. The values are not. */
function isLocalized(node) {
  const up = ancestors(node);
  const call = up.findIndex((one) => one.type === 'CallExpression' && isTranslation(one));
  if (call === -1) {
    return false;
  }
  const isValue = up.slice(0, call).some(({ type, key }) => type === 'Property' && key.name === 'args');
  return up[call].arguments[0] === (call === 0 ? node : up[call - 1]) && !isValue;
}

/** Whether the node is a name, a type, an operand of a comparison, or a log message. */
function isForNobody(node) {
  const { parent } = node;
  switch (parent.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
    case 'TSLiteralType':
    case 'TSExternalModuleReference':
    case 'SwitchCase':
    case 'ExpressionStatement':
      return true;
    case 'BinaryExpression':
      return parent.operator !== '+';
    case 'Property':
    case 'PropertyDefinition':
    case 'TSPropertySignature':
    case 'MemberExpression':
      return parent.key === node || parent.property === node;
  }
  return ancestors(node).some(
    (one, index) =>
      (one.type === 'CallExpression' &&
        one.callee.type === 'MemberExpression' &&
        (isLogCall(one) || (index === 0 && TEXT_METHODS.has(one.callee.property.name)))) ||
      (one.type === 'NewExpression' && index === 0 && one.callee.name === 'RegExp'),
  );
}

function isLogCall({ callee }) {
  const name = callee.object.name ?? callee.object.property?.name ?? callee.object.property?.value ?? '';
  return LOG_METHODS.has(callee.property.name) && /log$/i.test(name);
}

function ancestors(node) {
  const found = [];
  for (let { parent } = node; parent && !/Function|Statement|Declaration/.test(parent.type); { parent } = parent) {
    found.push(parent);
  }
  return found;
}
