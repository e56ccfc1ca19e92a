import { EXAMPLES } from '../../unit/core/eventExamples';
import type { Utterances } from './utterances';

/** A script of `scripted.cjs`. */
export type Script = Readonly<Record<string, unknown>>;

const REPOSITORY = { owner: 'octo-org', name: 'harbor' };
const SESSION = 'leaky-session';
/** The title of the session that says everything. */
export const TALKATIVE = 'talks';

/** A runtime that leaks a secret in every text, and does what it is asked for as long as it can. */
export function leakyScript(utterances: Utterances, secrets: Readonly<Record<string, string>>): Script {
  const say = utterances.say.bind(utterances);
  const id = (kind: string, index: number): Record<string, unknown> => ({
    id: `${kind}-${index}`,
    timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
    parentId: null,
  });
  const examples = Object.entries(EXAMPLES).flatMap(([type, all]) =>
    all.map(([data]) => ({ type, data: utterances.fill(`event ${type}`, data) })),
  );
  const inEveryForm = utterances
    .sayAll('event session.info')
    .map((message) => ({ type: 'session.info', data: { infoType: 'notification', message } }));
  const history = [...examples, ...inEveryForm].map((event, index) => ({ ...id('kept', index), ...event }));
  return {
    onStart: linesOf(utterances, secrets).map((stderr) => ({ stderr })),
    onRequest: {
      connect: [
        { raw: `${say('garbage on stdout')}\r\n\r\n` },
        frameOf(`{"jsonrpc":"2.0", ${say('a broken frame', 'plain')}`),
        { result: { ok: true, protocolVersion: 3, version: `9.9.9-${say('version', 'plain').replace(' ', '-')}` } },
      ],
      'auth.getStatus': [
        {
          result: {
            isAuthenticated: true,
            authType: say('kind of sign-in', 'plain'),
            host: 'https://github.com',
            login: say('login', 'plain'),
            statusMessage: say('status of sign-in'),
          },
        },
      ],
      'sessions.list': [{ result: { sessions: listOf(utterances) } }],
      'sessions.connect': [
        [
          ...inEvents(
            ['session.start', 'user.message'].map((type) => ({
              type,
              data: utterances.fill(`live ${type}`, example(type)),
            })),
          ),
          { result: { sessionId: SESSION, metadata: { resourceId: 'task-0' } } },
          ...inEvents(liveEvents(utterances, secrets)),
          ...strangeEvents(utterances),
          ...requests(utterances),
        ],
        [
          {
            error: {
              code: -32603,
              message: say('error of sessions.connect'),
              data: { detail: say('data of an error') },
            },
          },
        ],
      ],
      'session.getMessages': [{ result: { events: history } }],
      'session.metadata.snapshot': [
        { result: { remoteMetadata: { ...REPOSITORY, branch: say('snapshot', 'plain'), resourceId: 'task-0' } } },
      ],
      'session.permissions.pendingRequests': [
        {
          result: {
            items: [
              {
                requestId: 'found-permission',
                request: utterances.fill('a found permission', {
                  kind: 'commands',
                  fullCommandText: 'ls',
                  intention: 'see',
                }),
              },
            ],
          },
        },
      ],
      'session.create': refusals(utterances, 'session.create'),
      'session.send': refusals(utterances, 'session.send'),
      'session.abort': [{ result: { success: false, error: say('error of session.abort') } }],
      'session.name.set': [{ result: { success: false, error: say('error of session.name.set', 'plain') } }],
      'session.permissions.handlePendingPermissionRequest': refusals(utterances, 'an answer'),
      'session.ui.handlePendingUserInput': refusals(utterances, 'an answer'),
      // Stop Watching makes the process crash; these are its last lines.
      'session.destroy': [
        { stderr: `panic: ${say('last line before a crash', 'plain')}\n${say('last line before a crash')}\n` },
        { exit: 70 },
      ],
    },
  };
}

/** A runtime that refuses everything, with reasons that leak secrets. */
export function refusingScript(utterances: Utterances): Script {
  const say = utterances.say.bind(utterances);
  const error = (place: string): object => ({
    error: { code: -32603, message: `Request ${place} failed with message: ${say(`error of ${place}`, 'plain')}` },
  });
  return {
    onRequest: {
      'auth.getStatus': [error('auth.getStatus')],
      'sessions.list': [error('sessions.list')],
      'session.create': [error('session.create')],
    },
  };
}

/** A runtime that gives a reason why it does not start, and ends. */
export function dyingScript(utterances: Utterances): Script {
  const say = utterances.say.bind(utterances);
  return {
    onRequest: {
      connect: [
        { stderr: `fatal: ${say('stderr of a start that fails', 'plain')}\n` },
        { error: { code: -32603, message: say('error of connect', 'plain') } },
      ],
      ping: [{ error: { code: -32603, message: say('error of ping', 'plain') } }],
    },
  };
}

function linesOf(utterances: Utterances, secrets: Readonly<Record<string, string>>): readonly string[] {
  const names = Object.keys(secrets);
  return [
    ...utterances.sayAll('stderr').map((line) => `${line}\n`),
    // One line, written in two pieces.
    ...names.flatMap((name) => {
      const said = utterances.sayThis('stderr in pieces', name, 'plain');
      return [said.slice(0, -11), `${said.slice(-11)}\n`];
    }),
  ];
}

/** The service's texts in the list of sessions. */
function listOf(utterances: Utterances): readonly object[] {
  const say = utterances.say.bind(utterances);
  const states = [say('state', 'plain'), 'failed', 'completed', 'idle', 'queued', 'in_progress'];
  return Array.from({ length: 10 }, (_, index) => ({
    sessionId: `task-${index}`,
    remoteSessionIds: [index === 0 ? SESSION : `session-${index}`],
    isRemote: index < 8,
    taskType: 'cca',
    name: index === 0 ? `${TALKATIVE} ${say('title', 'plain')}` : say('title'),
    summary: say('summary'),
    state: states[index % states.length],
    hostStatus: say('status of the machine'),
    hostActivity: say('activity of the machine'),
    repository: {
      owner: 'octo-org',
      name: index < 2 ? 'harbor' : say('name of a repository', 'plain'),
      branch: say('branch', 'plain'),
    },
    context: { cwd: say('working directory'), repository: say('repository of a context', 'plain') },
    startTime: new Date(Date.UTC(2026, 0, 2)).toISOString(),
    modifiedTime: new Date(Date.UTC(2026, 0, 2, 0, index)).toISOString(),
    nobodyKnows: { what: say('unknown field of a session') },
  }));
}

function example(type: string): unknown {
  return EXAMPLES[type]?.[0]?.[0];
}

/** The agent's events while somebody watches: it streams, changes its name, and asks. */
function liveEvents(utterances: Utterances, secrets: Readonly<Record<string, string>>): readonly object[] {
  const say = utterances.say.bind(utterances);
  const streams = Object.keys(secrets).flatMap((name, stream) => {
    const said = utterances.sayThis('streamed in pieces', name, 'plain');
    const size = 3 + 4 * stream;
    const pieces = said.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    return [
      ...pieces.map((deltaContent) => ({
        type: stream % 2 === 0 ? 'assistant.message_delta' : 'assistant.reasoning_delta',
        data: { ...(stream % 2 === 0 ? { messageId: `m-${stream}` } : { reasoningId: `r-${stream}` }), deltaContent },
      })),
      ...[0, 12].map((from) => ({
        type: 'tool.execution_partial_result',
        data: { toolCallId: `tool-${stream}`, partialOutput: from === 0 ? said.slice(0, 22) : said.slice(22) },
      })),
    ];
  });
  return [
    { type: 'assistant.turn_start', data: { turnId: 'live' } },
    ...streams,
    { type: 'assistant.intent', data: { intent: say('intent', 'plain') } },
    {
      type: 'session.info',
      data: {
        infoType: 'remote',
        message: say('message with a link'),
        url: `https://github.com/copilot/tasks/1?${say('link', 'plain').replace(' ', '=')}`,
      },
    },
    { type: say('unknown kind of event', 'plain').replace(' ', '.'), data: { text: say('event of an unknown kind') } },
    {
      type: 'permission.requested',
      data: {
        requestId: 'live-permission',
        permissionRequest: utterances.fill('question of a permission', {
          kind: 'shell',
          fullCommandText: 'rm -rf build',
          intention: 'Clean up',
          warning: 'Deletes files',
          possiblePaths: ['a'],
          possibleUrls: [],
          commands: [],
        }),
      },
    },
    {
      type: 'user_input.requested',
      data: {
        requestId: 'live-input',
        question: say('question', 'plain'),
        choices: [say('choice', 'plain'), say('choice'), say('choice')],
        allowFreeform: true,
      },
    },
    {
      type: 'elicitation.requested',
      data: {
        requestId: 'live-form',
        message: say('message of a form', 'plain'),
        elicitationSource: say('source of a form', 'plain'),
        requestedSchema: {
          type: 'object',
          required: ['name'],
          properties: {
            name: {
              type: 'string',
              title: say('title of a field', 'plain'),
              description: say('description of a field'),
            },
            colour: {
              type: 'string',
              enum: ['a', 'b'],
              enumNames: [say('name of a value', 'plain'), say('name of a value')],
            },
          },
        },
      },
    },
    {
      type: 'exit_plan_mode.requested',
      data: {
        requestId: 'live-plan',
        summary: say('summary of a plan', 'plain'),
        planContent: say('plan', 'plain'),
        actions: ['interactive', 'autopilot'],
        recommendedAction: 'interactive',
      },
    },
    { type: 'session.title_changed', data: { title: `${TALKATIVE} ${say('new title', 'plain')}` } },
  ];
}

function inEvents(events: readonly object[]): readonly object[] {
  return events.map((event, index) => ({ event: { id: `live-${index}-$i`, ...event }, sessionId: SESSION }));
}

/** Data that no runtime should send: secrets in place of ids and kinds, malformed frames and events. */
function strangeEvents(utterances: Utterances): readonly object[] {
  const say = utterances.say.bind(utterances);
  return [
    {
      event: { id: say('id of an event', 'plain'), type: 'session.info', data: { infoType: 'x', message: 'strange' } },
      sessionId: SESSION,
    },
    { event: say('text in the place of an event'), bare: true, sessionId: SESSION },
    { event: { type: 17, data: say('data of an event that is none') }, bare: true, sessionId: SESSION },
    {
      event: { type: 'session.info', data: { message: say('event of an unknown session') } },
      sessionId: say('unknown session', 'plain'),
    },
    { notify: say('name of a notification', 'plain').replace(' ', '.'), params: { text: say('unknown notification') } },
    { lifecycle: say('kind of a lifecycle', 'plain'), sessionId: SESSION },
    frameOf(`{"jsonrpc":"2.0","method":"session.event","params":{"sessionId":"${say('a broken frame', 'plain')}"`),
    { raw: `Content-Length: ${say('a broken header', 'plain')}\r\n\r\n` },
    { stderr: `[ERROR] ${say('stderr while it runs')}\n` },
  ];
}

function requests(utterances: Utterances): readonly object[] {
  const say = utterances.say.bind(utterances);
  return [
    {
      request: 'userInput.request',
      params: {
        sessionId: SESSION,
        question: say('request for input', 'plain'),
        choices: [say('choice of a request')],
      },
    },
    {
      request: say('name of a request', 'plain').replace(' ', '.'),
      params: { sessionId: SESSION, text: say('unknown request') },
    },
  ];
}

function refusals(utterances: Utterances, place: string): readonly (readonly object[])[] {
  return ['plain', 'a bearer header', 'the password in a URL', 'percent-encoded', 'base64', 'JSON in JSON'].map(
    (form) => [
      {
        error: {
          code: -32603,
          message: `Request ${place} failed with message: ${utterances.say(`error of ${place}`, form)}`,
          data: {
            cause: utterances.say('data of an error'),
            headers: { authorization: utterances.say('data of an error', 'plain') },
          },
        },
      },
    ],
  );
}

function frameOf(body: string): object {
  return { raw: `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}` };
}
