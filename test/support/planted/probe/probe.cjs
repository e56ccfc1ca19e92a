'use strict';
/*
 * Another extension in the same host. It calls our API and our commands, and appends everything they answer to the file
 * PROBE_ANSWERS: a line of JSON for each answer or error, with all nested values.
 */
const fs = require('node:fs');
const path = require('node:path');
const vscode = require('vscode');

const ID = 'cloudsessions.cloud-sessions';
/** How long to wait for an answer, in milliseconds. Some commands ask a person first. */
const PATIENCE_MS = 4_000;
/** Diagnose waits for the network, and connecting is retried. Milliseconds. */
const LONG_MS = 20_000;
/** Commands that ask a person, change the installation, or end what the others need. */
const NOT_ASKED =
  /\.(?:user\.\w+|signIn|setServerToken|installRuntime|updateRuntime|removeRuntime|restartRuntime|sendComposed)$|FromLog$/;

module.exports.activate = (context) => {
  context.subscriptions.push(vscode.commands.registerCommand('planted.ask', ask));
  context.subscriptions.push(vscode.commands.registerCommand('planted.stop', stopWatching));
};

async function ask() {
  const extension = vscode.extensions.getExtension(ID);
  const api = await extension.activate();
  const note = (what, answer) =>
    fs.appendFileSync(process.env.PROBE_ANSWERS, `${JSON.stringify({ what, answer: walk(answer, new Set()) })}\n`);
  const attempt = async (what, act) => {
    const patience = /diagnose|connect$/.test(what) ? LONG_MS : PATIENCE_MS;
    const late = new Promise((resolve) => setTimeout(resolve, patience, 'no answer'));
    try {
      const answer = await Promise.race([act(), late]);
      note(what, answer);
      return answer;
    } catch (error) {
      note(`${what}, refused`, error);
      return undefined;
    }
  };
  note('api', api);
  const sessions = (await attempt('listSessions', () => api.listSessions())) ?? [];
  const create = { cloud: { repository: { owner: 'octo-org', name: 'harbor' } }, prompt: 'Asked by the probe' };
  // All at once, because those that ask a person would delay the rest.
  const attempts = [attempt('createCloudSession', () => api.createCloudSession(create))];
  for (const { sessionId } of sessions) {
    const session = api.getSession(sessionId);
    if (session !== undefined) {
      const events = [];
      session.onEvent((event) => events.push(event)).dispose();
      note('events', events);
      note('session', session);
      attempts.push(attempt('send', () => session.send('Asked by the probe')));
      attempts.push(attempt('abort', () => session.abort()));
    }
  }
  const watched = sessions.find(({ sessionId }) => api.getSession(sessionId) !== undefined) ?? sessions[0];
  const id = watched?.sessionId ?? 'none';
  const file = vscode.Uri.file(path.join(process.env.PROBE_FOLDER, 'exported.md'));
  const given = {
    'cloudSessions.create': [create.cloud],
    'cloudSessions.send': [{ sessionId: id, prompt: 'Asked by the probe' }],
    'cloudSessions.composePrompt': [{ sessionId: id, text: 'Asked by the probe' }],
    'cloudSessions.searchTranscripts': [{ query: 'canary' }],
    'cloudSessions.exportTranscript': [{ sessionId: id, uri: file, format: 'jsonl' }],
    'cloudSessions.rename': [id, 'Asked by the probe'],
    'cloudSessions.answer': [
      { sessionId: id, requestId: 'live-permission', answer: { kind: 'permission', decision: 'deny' } },
    ],
    'cloudSessions.filter': [{}],
    'cloudSessions.groupBy': ['repository'],
    'cloudSessions.sortBy': ['title'],
    'cloudSessions.refresh': [],
    'cloudSessions.diagnose': [],
    'cloudSessions.clearFilter': [],
    'cloudSessions.showRuntimeLog': [],
  };
  for (const { command } of extension.packageJSON.contributes.commands) {
    // Not those that stop watching: the others need the watched sessions.
    if (!NOT_ASKED.test(command) && !/\.(?:disconnect|delete|stop)$/.test(command)) {
      attempts.push(attempt(command, () => vscode.commands.executeCommand(command, ...(given[command] ?? [id]))));
    }
  }
  for (const { sessionId } of sessions.filter(({ isRemote }) => isRemote).slice(0, 4)) {
    attempts.push(attempt('connect', () => api.connect(sessionId)));
  }
  await Promise.all(attempts);
  note('done', sessions.length);
}

async function stopWatching() {
  const api = await vscode.extensions.getExtension(ID).activate();
  for (const { sessionId } of await api.listSessions()) {
    if (api.getSession(sessionId) !== undefined) {
      await vscode.commands.executeCommand('cloudSessions.disconnect', sessionId);
    }
  }
}

/**
 * Everything that can be read from a value, as plain data, including messages of errors, getters and inherited members.
 */
function walk(value, seen) {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' ? undefined : value;
  }
  if (seen.has(value)) {
    return '(again)';
  }
  seen.add(value);
  if (Array.isArray(value)) {
    return value.map((item) => walk(item, seen));
  }
  const copy = { asText: String(value) };
  for (let holder = value; holder !== null && holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
    for (const name of Object.getOwnPropertyNames(holder)) {
      if (name !== 'constructor' && !(name in copy)) {
        copy[name] = walk(read(value, name), seen);
      }
    }
  }
  return copy;
}

function read(value, name) {
  try {
    return value[name];
  } catch (error) {
    return error;
  }
}
