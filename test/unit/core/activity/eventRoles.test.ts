import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { reduceActivity } from '../../../../src/core/activity/activityReducer';
import { agentStart, event } from '../../../support/sessionEvents';
import { INITIAL_ACTIVITY, type SessionActivity } from '../../../../src/core/activity/activity';

/** All event types in the SDK's declarations. */
function sdkTypes(): readonly string[] {
  const entry = createRequire(import.meta.url).resolve('@github/copilot-sdk');
  const root = entry.slice(0, entry.lastIndexOf(join('copilot-sdk', 'dist')) + 'copilot-sdk'.length);
  const text = readFileSync(join(root, 'dist/generated/session-events.d.ts'), 'utf8');
  const members = /export type SessionEvent =([^;]*);/.exec(text)?.[1]?.match(/\w+/g) ?? [];
  return members.flatMap((name) => {
    const body = new RegExp(`export interface ${name} \\{(.*?)\\n\\}`, 's').exec(text)?.[1] ?? '';
    return /\btype: "([^"]+)"/.exec(body)?.[1] ?? [];
  });
}

type Status = SessionActivity['status'];
const ASKS: readonly [Status, Status] = ['needs input', 'needs input'];
const WORKS: readonly [Status, Status] = ['working', 'working'];
/** The status after an event without data, for an idle and for a working agent. Events not listed change nothing. */
const EFFECTS: Readonly<Record<string, readonly [idle: Status, working: Status]>> = {
  'user.message': WORKS,
  'assistant.turn_start': WORKS,
  'assistant.message': WORKS,
  'assistant.message_delta': WORKS,
  'assistant.reasoning': WORKS,
  'assistant.reasoning_delta': WORKS,
  'assistant.intent': WORKS,
  'tool.execution_start': WORKS,
  'assistant.turn_end': ['idle', 'idle'],
  'session.idle': ['idle', 'idle'],
  abort: ['idle', 'idle'],
  'session.autopilot_stopped': ['idle', 'idle'],
  'session.task_complete': ['done', 'done'],
  'session.error': ['failed', 'failed'],
  'permission.requested': ASKS,
  'user_input.requested': ASKS,
  'elicitation.requested': ASKS,
  'exit_plan_mode.requested': ASKS,
  'auto_mode_switch.requested': ASKS,
  'session_limits_exhausted.requested': ASKS,
  'external_tool.requested': ASKS,
  'mcp.oauth_required': ASKS,
  'sampling.requested': ASKS,
};
const LATER = { timestamp: '2026-01-02T03:05:00.000Z' };
const IDLE = reduceActivity(INITIAL_ACTIVITY, [agentStart()]);
const WORKING = reduceActivity(IDLE, [event('turn', 'assistant.turn_start')]);

describe('the effect of each event', () => {
  const types = sdkTypes();

  it('is known for all types of the SDK', () => assert.ok(types.length >= 138, String(types.length)));

  for (const type of new Set([...types, ...Object.keys(EFFECTS), 'something.new', 'session.new', 'tool.new'])) {
    it(`is as in the table for ${type}`, () => {
      const one = event('x', type, { requestId: 'r' }, LATER);
      const [idle, working] = EFFECTS[type] ?? ['idle', 'working'];
      const after = [reduceActivity(IDLE, [one]), reduceActivity(WORKING, [one])];
      assert.deepEqual(
        after.map(({ status }) => status),
        [idle, working],
      );
      // An event that changes the state changes the time; the runtime's own notes do not.
      const moves = after.map(({ lastEventTime }) => lastEventTime?.toISOString() === LATER.timestamp);
      if (type in EFFECTS) {
        assert.deepEqual(moves, [true, true]);
      } else if (type.startsWith('session.') || type.endsWith('.new') || type.endsWith('_changed')) {
        assert.deepEqual(moves, [false, false]);
      }
    });
  }
});
