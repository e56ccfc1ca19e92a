'use strict';
/*
 * A runtime with one cloud session. Its service stores the agent's events in the file JOURNAL, one per line, written
 * before each is sent. The file survives this process, and each new process continues it, as a cloud agent would.
 *
 * As with the real runtime, a live event has another id than the same event in the history after a new connection, some
 * live events are dropped, and several have the same content.
 */
const fs = require('node:fs');
const { answer, listen, send, wellBehaved } = require('./frames.cjs');

const journal = process.env.JOURNAL;
const SESSION_ID = 'journal-session';
const TASK_ID = 'journal-task';
const LOST_EVERY = 7;
const lines = () => (fs.existsSync(journal) ? fs.readFileSync(journal, 'utf8').split('\n').filter(Boolean) : []);
/** Events that this process has sent live keep their ids while it runs. */
const live = new Map();
let count = lines().length;
let timer;

function begin() {
  timer ??= setInterval(() => {
    for (let i = 0; i < 5; i++) {
      const message = count % 4 === 0 ? 'The same again.' : `Event ${count}`;
      fs.appendFileSync(journal, `${JSON.stringify({ message })}\n`);
      const event = eventOf(count, message, `live-${process.pid}-${count}`);
      live.set(count, event.id);
      if (count % LOST_EVERY !== 0) {
        send({ method: 'session.event', params: { sessionId: SESSION_ID, event } });
      }
      count++;
    }
  }, 1);
}

function eventOf(index, message, id) {
  const timestamp = new Date(1_700_000_000_000 + index).toISOString();
  return { id, timestamp, parentId: null, type: 'session.info', data: { infoType: 'notification', message } };
}

const history = () =>
  lines().map((line, index) => eventOf(index, JSON.parse(line).message, live.get(index) ?? `kept-${index}`));

listen((message) => {
  switch (message.method) {
    case 'session.create':
      answer(message, { sessionId: SESSION_ID });
      begin();
      break;
    case 'sessions.connect':
      answer(message, { sessionId: SESSION_ID, metadata: { resourceId: TASK_ID } });
      begin();
      break;
    case 'session.metadata.snapshot':
      answer(message, { remoteMetadata: { resourceId: TASK_ID } });
      break;
    case 'session.getMessages':
      answer(message, { events: history() });
      break;
    case 'journal.rest':
      clearInterval(timer);
      answer(message, {});
      break;
    case 'journal.never':
      break;
    default:
      answer(message, wellBehaved(message));
  }
});
