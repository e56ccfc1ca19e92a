'use strict';
/*
 * A runtime that follows a script, for behaviour that real runtimes show rarely or not on demand.
 *
 * Environment:
 *   SCRIPTED_RUNTIME      path of the script, a JSON file
 *   SCRIPTED_RUNTIME_LOG  optional: path of a file to which each message is appended as a line of JSON
 *
 * The script:
 *   {
 *     "onStart": [STEP, ...],                        optional: run before anything is read
 *     "onRequest": { METHOD: [STEP, ...]             run for each request (or notification) of that method,
 *                    METHOD: [[STEP, ...], ...] }    or: the first list for the first one, the second list for the
 *   }                                                second one, ..., the last list for all that follow
 *
 * Steps run in order; messages that arrive meanwhile are handled concurrently:
 *   {"event": {...}, "sessionId": "s"}               notification `session.event`; `id` ("event-$i"), `timestamp`,
 *                                                    `parentId`, `type` ("session.info") and `data` are filled in
 *   {"event": {...}, "bare": true, "sessionId": "s"} the same with nothing filled in: malformed events
 *   {"lifecycle": "session.created", "sessionId"}    notification `session.lifecycle`
 *   {"notify": METHOD, "params": {...}}              any notification
 *   {"request": METHOD, "params": {...}}             a request to the client, not awaited; its id is "r1", "r2", ...
 *   {"answered": N}                                  wait until N of our requests have been answered in total
 *   {"result": ANY} or {"error": {code, message}}    answers the request that runs the steps
 *   {"sleep": MS}
 *   {"raw": TEXT}                                    bytes to stdout, unchanged
 *   {"stderr": TEXT}
 *   {"exit": CODE}, {"kill": SIGNAL}                 ends the process
 * `event`, `lifecycle`, `notify` and `request` take `"times": N`. In all their strings, and in those of `result`,
 * `$i` stands for the turn (1, 2, ..., N) and `$n` for the number of requests of that method, including this one.
 *
 * Methods without steps are answered as a well-behaved runtime does (`frames.cjs`), unknown ones with -32601.
 *
 * Example: five events and a request before the answer.
 *   { "onRequest": { "session.create": [
 *       {"event": {"data": {"message": "early $i"}}, "sessionId": "cloud-$n", "times": 5},
 *       {"request": "userInput.request", "params": {"sessionId": "cloud-$n", "question": "Which?"}},
 *       {"result": {"sessionId": "cloud-$n"}} ] } }
 */
const fs = require('node:fs');
const { answer, listen, send } = require('./frames.cjs');

const script = JSON.parse(fs.readFileSync(process.env.SCRIPTED_RUNTIME, 'utf8'));
const counts = new Map();
let asked = 0;
let answered = 0;
let waiting = [];

function fill(value, numbers) {
  if (typeof value === 'string') {
    return value.replaceAll('$i', numbers.i).replaceAll('$n', numbers.n);
  }
  if (Array.isArray(value)) {
    return value.map((item) => fill(item, numbers));
  }
  return value !== null && typeof value === 'object'
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, numbers)]))
    : value;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function sendStep(step, i, n) {
  const { event, bare, lifecycle, notify, request, sessionId, params } = fill(step, { i, n });
  if (event !== undefined) {
    const defaults = { id: `event-${i}`, timestamp: new Date().toISOString(), parentId: null };
    const whole = bare ? event : { ...defaults, type: 'session.info', data: {}, ...event };
    send({ method: 'session.event', params: { sessionId, event: whole } });
  } else if (lifecycle !== undefined) {
    send({ method: 'session.lifecycle', params: { type: lifecycle, sessionId } });
  } else if (notify !== undefined) {
    send({ method: notify, params });
  } else if (request !== undefined) {
    send({ id: `r${++asked}`, method: request, params });
  }
}

async function play(steps, message, n) {
  for (const step of steps) {
    if ('sleep' in step) {
      await sleep(step.sleep);
    } else if ('answered' in step) {
      while (answered < step.answered) {
        await new Promise((resolve) => waiting.push(resolve));
      }
    } else if ('result' in step) {
      send({ id: message.id, result: fill(step.result, { i: 1, n }) });
    } else if ('error' in step) {
      send({ id: message.id, error: step.error });
    } else if ('raw' in step) {
      process.stdout.write(step.raw);
    } else if ('stderr' in step) {
      process.stderr.write(step.stderr);
    } else if ('exit' in step) {
      process.exit(step.exit);
    } else if ('kill' in step) {
      process.kill(process.pid, step.kill);
    } else {
      for (let i = 1; i <= (step.times ?? 1); i++) {
        sendStep(step, i, n);
      }
    }
  }
}

void play(script.onStart ?? [], undefined, 0);
listen((message) => {
  if (process.env.SCRIPTED_RUNTIME_LOG) {
    fs.appendFileSync(process.env.SCRIPTED_RUNTIME_LOG, `${JSON.stringify(message)}\n`);
  }
  if (message.method === undefined) {
    answered++;
    const woken = waiting;
    waiting = [];
    woken.forEach((resolve) => resolve());
    return;
  }
  const n = (counts.get(message.method) ?? 0) + 1;
  counts.set(message.method, n);
  const steps = script.onRequest?.[message.method];
  if (steps === undefined) {
    answer(message);
  } else {
    void play(Array.isArray(steps[0]) ? steps[Math.min(n, steps.length) - 1] : steps, message, n);
  }
});
