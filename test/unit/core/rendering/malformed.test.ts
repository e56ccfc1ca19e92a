import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import { PlainLogRenderer } from './lines';
import { EVENT_TYPES } from '../../../../src/core/rendering/formatters/eventFormatters';
import { FORBIDDEN, hostileText } from '../hostileText';
import { event, UTC } from '../sampleSession';

const MAX = 2000;
/** Every line of the log begins with a time, a day, or the indentation of outside text. */
const LINE = /^(\d\d:\d\d:\d\d {2}|--:--:-- {2}|── |$| {10})/;

/** The members that the handlers read, so that arbitrary values reach the handlers. */
const KEYS = [
  ...[
    'content',
    'messageId',
    'reasoningText',
    'deltaContent',
    'reasoningId',
    'intent',
    'aborted',
    'source',
    'delivery',
  ],
  ...[
    'attachments',
    'toolCallId',
    'toolName',
    'arguments',
    'shellToolInfo',
    'displayCommand',
    'mcpServerName',
    'success',
  ],
  ...[
    'result',
    'detailedContent',
    'contents',
    'error',
    'message',
    'code',
    'shellExecution',
    'exitCode',
    'partialOutput',
  ],
  ...[
    'progressMessage',
    'permissionRequest',
    'kind',
    'fullCommandText',
    'diff',
    'fileName',
    'path',
    'url',
    'args',
    'fact',
  ],
  ...['requestId', 'question', 'choices', 'answer', 'requestedSchema', 'properties', 'required', 'action', 'summary'],
  ...[
    'planContent',
    'actions',
    'approved',
    'feedback',
    'response',
    'title',
    'newModel',
    'errorType',
    'statusCode',
    'tip',
  ],
  ...[
    'repository',
    'codeChanges',
    'filesModified',
    'context',
    'branch',
    'cwd',
    'durationMs',
    'agentName',
    'servers',
    'status',
  ],
  ...[
    'agentDisplayName',
    'capabilities',
    'environmentVariables',
    'pattern',
    'command',
    'view_range',
    'old_str',
    'name',
    'id',
  ],
  ...[
    'text',
    'sequence',
    'reason',
    'activity',
    'elapsedMs',
    'toolNames',
    'episodeId',
    'serverName',
    'outcome',
    'phase',
  ],
  ...['pluginSpecs', 'responseKind', 'actor', 'previousModel', 'workflowName', 'backgroundTasks', 'mode', 'blocker'],
] as const;

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    hostileText,
    fc.constantFrom(...KEYS),
    fc.jsonValue(),
    fc.constantFrom(null, undefined, true, NaN, -1, 1e300, 'shell', 'write', 'mcp', 'memory', 'report_intent', 'view'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 8 }),
  ),
})).value;

const data = fc.oneof(
  { weight: 5, arbitrary: fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 12 }) },
  { weight: 1, arbitrary: value },
);

const anyEvent = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      {
        type: fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom(...EVENT_TYPES) },
          { weight: 1, arbitrary: fc.oneof(value, fc.constantFrom('__proto__', 'constructor', 'toString')) },
        ),
        id: fc.oneof(fc.uuid(), value),
        timestamp: fc.oneof(
          fc.date().map((date) => (Number.isNaN(date.getTime()) ? '' : date.toISOString())),
          value,
        ),
        agentId: fc.oneof(fc.constantFrom(undefined, 'a1'), value),
        data,
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: value },
);

describe('a malformed event', () => {
  const lines = (malformed: unknown) =>
    new PlainLogRenderer(UTC)
      .render(malformed as SessionEvent)
      .split('\n')
      .slice(0, -1)
      .filter((line) => !line.startsWith('──'))
      .map((line) => line.replace(/"event-\d+"/, '"event-N"'));

  it('is rendered as far as it can be, and marked', () => {
    assert.deepEqual(lines(event('session.warning', { message: 7 })), [
      ...['10:02:00  Warning   7', '          ! malformed event: message is number, not text'],
    ]);
    assert.deepEqual(lines(event('session.warning', null)), [
      ...['10:02:00  Warning', '          ! malformed event: data is null, not an object, no message'],
    ]);
    assert.deepEqual(lines({ type: 'session.title_changed', data: { title: 'T' } }), [
      ...['--:--:--  Title     T', '          ! malformed event: no valid timestamp, no id'],
    ]);
    assert.deepEqual(
      lines({ ...event('session.title_changed', { title: 'T' }), timestamp: 'yesterday' })[0],
      '--:--:--  Title     T',
    );
    assert.deepEqual(lines(event('permission.requested', { requestId: 'p' })), [
      '10:02:00  Asks      Permission for an unspecified action',
      '          │ {}',
      '          ! malformed event: no permissionRequest, no permissionRequest.kind',
    ]);
    assert.deepEqual(lines(event('tool.execution_complete', { toolCallId: 't', result: { content: ['a'] } })), [
      ...['10:02:00  Done      tool · t', '          │ ["a"]'],
      '          ! malformed event: result.content is array, not text, no success',
    ]);
  });

  it('is marked under the message that it gave, or in a line of its own', () => {
    assert.deepEqual(lines({ ...event('assistant.message', { messageId: 'm', content: 'Hi' }), id: undefined }), [
      ...['10:02:00  Agent', '          Hi', '          ! malformed event: no id'],
    ]);
    const piece = { ...event('assistant.message_delta', { deltaContent: 'Hi' }), id: undefined, timestamp: undefined };
    assert.deepEqual(lines(piece), ['--:--:--  Agent']); // the open line has no mark, which would break it
    assert.deepEqual(lines(event('assistant.message_delta', { messageId: 'm' })), [
      '10:02:00  Event     assistant.message_delta',
      '          ! malformed event: no deltaContent',
      '          │ {"id":"event-N","parentId":null,"timestamp":"2025-11-23T10:02:00.000Z","type":"assistant.message_delta","data":{"messageId":"m"}}',
    ]);
  });

  it('that is no event at all is a line, too', () => {
    assert.deepEqual(lines(null), [
      ...[
        '--:--:--  Event     of no known type',
        '          ! malformed event: event is null, not an object, no valid timestamp',
      ],
      '          │ null',
    ]);
    assert.deepEqual(lines([1]).slice(2), ['          │ [1]']);
    assert.equal(lines({ ...event('x', {}), type: 7 })[0], '10:02:00  Event     7');
  });

  it('lists a few of its problems', () => {
    const text = lines({ data: { deep: 1 }, id: 1, timestamp: 1, agentId: 1, type: null }).join('\n');
    assert.match(text, /malformed event: no type, no valid timestamp, id is number, not text$/m);
  });

  it('that is nested very deeply is cut', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level++) {
      deep = [deep];
    }
    const [line = ''] = lines(event('tool.execution_start', { toolCallId: 't', toolName: 'x', arguments: deep }));
    assert.equal(line, '10:02:00  Tool      x  [[[[[[[[[…]]]]]]]]]');
  });

  it('never throws, lets nothing harmful through, stays bounded, and cannot pass for another line', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
        const renderer = new PlainLogRenderer({ ...UTC, maxBodyLength: MAX });
        let text = renderer.head({ sessionId: 's' });
        for (const each of events) {
          const part = renderer.render(each as SessionEvent);
          assert.ok(part.length < 10 * MAX, `${part.length} for ${JSON.stringify(each)}`);
          text += part;
        }
        text += renderer.flush();
        assert.doesNotMatch(text, FORBIDDEN);
        assert.doesNotMatch(text, /\t$/);
        for (const line of text.split('\n').slice(1)) {
          assert.match(line, LINE);
        }
      }),
      { numRuns: 600 },
    );
  });

  it('of many megabytes costs the bound, whatever its type', () => {
    const megabytes = 'x\u001b'.repeat(1_000_000);
    const huge = Object.fromEntries(KEYS.map((key) => [key, megabytes]));
    for (const type of [...EVENT_TYPES, 'unknown.type']) {
      const renderer = new PlainLogRenderer({ ...UTC, maxBodyLength: MAX });
      assert.ok(
        renderer.render(event(type, { ...huge, permissionRequest: { ...huge, kind: 'shell' } })).length < 8 * MAX,
        type,
      );
    }
  });
});
