import { ESLintUtils } from '@typescript-eslint/utils';

/** Properties with an error's own text. */
const TEXTS = new Set(['message', 'stack']);
/** The class of errors whose texts contain no secrets. */
const OWN = 'CloudSessionsError';

/**
 * The text of a foreign error may be used only through `textOf` (src/core/redaction/secrets.ts): an error of the
 * runtime, of Node or of the editor may quote a token.
 */
export const noForeignText = ESLintUtils.RuleCreator.withoutDocs({
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      read: 'The text of an error that is not ours may hold a secret: use textOf(error).',
      convert: 'This may be an error that is not ours, whose text may hold a secret: use textOf(value).',
    },
  },
  defaultOptions: [],
  create(context) {
    const services = ESLintUtils.getParserServices(context);
    const checker = services.program.getTypeChecker();
    const kindOf = (node) => kindOfType(services.getTypeAtLocation(node), checker);
    return {
      MemberExpression(node) {
        const name = node.computed ? node.property.value : node.property.name;
        if (TEXTS.has(name) && kindOf(node.object) === 'foreign error') {
          context.report({ node, messageId: 'read' });
        }
      },
      'VariableDeclarator > ObjectPattern, :function > ObjectPattern'(node) {
        const isText = node.properties.some(({ key }) => TEXTS.has(key?.name));
        if (isText && kindOf(node) === 'foreign error') {
          context.report({ node, messageId: 'read' });
        }
      },
      CallExpression({ callee, arguments: [first] }) {
        const isString = callee.type === 'Identifier' && callee.name === 'String';
        if (isString && first !== undefined && kindOf(first) !== 'harmless') {
          context.report({ node: first, messageId: 'convert' });
        }
        const isToString = callee.type === 'MemberExpression' && callee.property.name === 'toString';
        if (isToString && kindOf(callee.object) === 'foreign error') {
          context.report({ node: callee, messageId: 'convert' });
        }
      },
      TemplateLiteral({ expressions }) {
        for (const expression of expressions.filter((one) => kindOf(one) !== 'harmless')) {
          context.report({ node: expression, messageId: 'convert' });
        }
      },
    };
  },
});

function kindOfType(type, checker) {
  // For a type parameter, check its constraint.
  const known = checker.getBaseConstraintOfType(type) ?? type;
  const parts = known.isUnion() ? known.types : [known];
  const kinds = parts.map((part) => {
    const name = checker.typeToString(part);
    if (name === 'any' || name === 'unknown') {
      return 'anything';
    }
    return isError(part) && !named(part, OWN) ? 'foreign error' : 'harmless';
  });
  return ['foreign error', 'anything'].find((kind) => kinds.includes(kind)) ?? 'harmless';
}

function isError(type) {
  return named(type, 'Error') || named(type, 'ErrnoException');
}

/** Whether the type or one of its base types has this name. */
function named(type, name) {
  if (type.isIntersection()) {
    return type.types.some((part) => named(part, name));
  }
  const symbols = [type.getSymbol(), type.aliasSymbol].map((symbol) => symbol?.getName());
  // Only the declaration of a generic class has its base types.
  const declared = type.target ?? type;
  return symbols.includes(name) || (declared.getBaseTypes?.() ?? []).some((base) => named(base, name));
}
