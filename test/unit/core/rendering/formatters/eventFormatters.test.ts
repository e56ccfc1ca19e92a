import assert from 'node:assert/strict';
import { DocumentRenderer } from '../../../../../src/core/rendering/markdown/documentRenderer';
import { LogRenderer } from '../../../../../src/core/rendering/log/logRenderer';
import {
  EVENT_TYPES,
  formatterFor,
  isKnownEventType,
  isNoise,
  isUnknownEvent,
  TYPES_BEYOND_SDK,
} from '../../../../../src/core/rendering/formatters/eventFormatters';
import { type RuntimeSchema, runtimeSchemas, type SchemaNode, variantsOf } from '../../../../support/runtimeSchemas';
import { REPOSITORY } from '../../../../support/vscode/paths';
import { event, UTC } from '../../sampleSession';

/** Events of the service, which are in no runtime's schema. */
const OF_THE_SERVICE = ['session.requested'];
/** Members that are read although they are in no schema of the installed runtimes. */
const NOT_IN_SCHEMAS: ReadonlySet<string> = new Set([
  // Seen in trials; the schemas mention background work only in descriptions.
  'session.idle backgroundTasks',
  // One handler serves two events, of which only the other has the member.
  'session.fusion_route_failed model',
]);
/** Members that shared helpers read; at least one event has to have each. */
const SHARED: ReadonlySet<string> = new Set([
  ...['url', 'tip', 'remediation'],
  ...['mcpServerName', 'mcpToolName', 'shellToolInfo'],
  'toolCallId',
]);

describe("the runtime's schema of its events", () => {
  let schemas: readonly RuntimeSchema[] = [];
  before(() => {
    schemas = runtimeSchemas(REPOSITORY);
  });

  const typesOf = (): ReadonlySet<string> => new Set(schemas.flatMap(({ events }) => [...events.keys()]));

  it('was read from each of the installed runtimes', () => {
    assert.equal(schemas.length, 2);
    for (const { events, version } of schemas) {
      assert.ok(events.size > 140 && events.has('user.message'), `${version} has ${events.size} types`);
    }
  });

  it('has no type that nobody has decided upon', () => {
    const undecided = [...typesOf()].filter((type) => !isKnownEventType(type));
    assert.deepEqual(
      undecided,
      [],
      `decide in eventFormatters.ts how these are shown, if at all: ${undecided.join(', ')}`,
    );
  });

  it('has every type of the tables: what no runtime sends any more is taken out', () => {
    const known = typesOf();
    const gone = EVENT_TYPES.filter((type) => !known.has(type) && !OF_THE_SERVICE.includes(type));
    assert.deepEqual(gone, []);
  });

  it('has more types than the SDK’s types: those of the other table', () => {
    assert.equal(TYPES_BEYOND_SDK.length, 28);
    assert.ok(TYPES_BEYOND_SDK.every((type) => typesOf().has(type)));
  });

  it('has every member that is read, and values as they are read', () => {
    const reads = new Set<string>();
    for (const { definitions, events, version } of schemas) {
      for (const [type, schema] of events) {
        const data = schema.properties?.['data'] ?? {};
        for (let variant = 0; variant < 16; variant++) {
          const sample = sampleOf([data], definitions, variant, (path) => reads.add(`${type} ${path}`));
          const untrusted = event(type, sample);
          const text = new LogRenderer(UTC).render(untrusted);
          assert.doesNotMatch(text, /malformed/, `${version} ${type}`);
          const document = new DocumentRenderer({ formatTime: String, formatDate: String });
          document.record({ kind: 'event', event: untrusted });
          assert.doesNotMatch(document.text({ sessionId: 's' }), /malformed/, `${version} ${type}`);
        }
      }
    }
    // One runtime's schema is enough: members come and go between versions.
    const inSchemas = (read: string): boolean => schemas.some((each) => has(each, read));
    const isShared = (read: string): boolean => SHARED.has(read.split(' ')[1] ?? '');
    const inNone = [...reads].filter((read) => !inSchemas(read) && !NOT_IN_SCHEMAS.has(read) && !isShared(read));
    assert.deepEqual(inNone, []);
    for (const member of SHARED) {
      assert.ok([...reads].filter((read) => read.endsWith(` ${member}`)).some(inSchemas), member);
    }
    const unneeded = [...NOT_IN_SCHEMAS].filter((read) => !reads.has(read) || inSchemas(read));
    assert.deepEqual(unneeded, [], 'these are exceptions for nothing');
  });
});

describe('isKnownEventType', () => {
  it('knows the SDK’s types, the runtime’s and the service’s, and no other', () => {
    for (const type of ['user.message', 'tool.shell_output', 'prompt_cache_break', 'session.requested']) {
      assert.ok(isKnownEventType(type), type);
      assert.ok(!isUnknownEvent({ type }), type);
    }
    for (const type of ['vendor.new', 'session.new', 'User.Message', 'user.message ', 'constructor', '__proto__']) {
      assert.ok(!isKnownEventType(type), type);
      assert.ok(isUnknownEvent({ type }), type);
    }
  });

  it('does not call the type unknown where there is none', () => {
    for (const odd of [null, undefined, 7, [], {}, { type: 7 }, { type: null }, { type: '' }]) {
      assert.ok(!isUnknownEvent(odd), JSON.stringify(odd));
    }
  });

  it('bookkeeping is known, and not shown', () => {
    for (const type of ['session.indexed_search', 'session.usage_record', 'model.call_start', 'assistant.turn_start']) {
      const handler = formatterFor(type);
      assert.ok(isKnownEventType(type) && handler !== undefined && isNoise(handler), type);
    }
  });
});

/** Whether the schema has the member that was read, "TYPE path.to.member". */
function has({ events, definitions }: RuntimeSchema, read: string): boolean {
  const [type = '', path = ''] = read.split(' ');
  let nodes: readonly SchemaNode[] = [events.get(type)?.properties?.['data'] ?? {}];
  for (const key of path.split('.')) {
    const variants = nodes.flatMap((node) => variantsOf(node, definitions));
    if (variants.some(isFree)) {
      return true;
    }
    nodes = variants.flatMap((node) =>
      key === '[]' ? (node.items === undefined ? [] : [node.items]) : (node.properties?.[key] ?? []),
    );
  }
  return nodes.length > 0;
}

/** Whether the schema allows any value. */
function isFree(node: SchemaNode): boolean {
  return Object.keys(node).every((key) => key === 'description') || (node.type === 'object' && !node.properties);
}

/**
 * A value that matches one of these schemas, with all members, and reports which members are read.
 * @param variant selects one of several forms
 * @param path path of the value within the event's data
 */
function sampleOf(
  nodes: readonly SchemaNode[],
  definitions: RuntimeSchema['definitions'],
  variant: number,
  onRead: (path: string) => void,
  path: readonly string[] = [],
): unknown {
  const variants = nodes.flatMap((node) => variantsOf(node, definitions));
  const node = variants[variant % Math.max(1, variants.length)] ?? {};
  const type = Array.isArray(node.type) ? String(node.type[variant % node.type.length]) : String(node.type);
  if (node.const !== undefined || node.enum !== undefined) {
    return node.const ?? node.enum?.[variant % node.enum.length];
  }
  if (path.length > 6 || type === 'null') {
    return null;
  }
  switch (type) {
    case 'string':
      return `a text ${path.join('.')}`;
    case 'number':
    case 'integer':
      return 3 + variant;
    case 'boolean':
      return variant % 2 === 0;
    case 'array':
      return [sampleOf([node.items ?? {}], definitions, variant, onRead, [...path, '[]'])];
    case 'object': {
      const members = Object.entries(node.properties ?? {}).map(
        ([key, member]) => [key, sampleOf([member], definitions, variant, onRead, [...path, key])] as const,
      );
      return new Proxy(Object.fromEntries(members), {
        get: (target, key) => {
          if (typeof key === 'string' && !(key in Object.prototype)) {
            onRead([...path, key].join('.'));
          }
          return Reflect.get(target, key) as unknown;
        },
      });
    }
    default:
      return {};
  }
}
