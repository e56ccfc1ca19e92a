import { agent, ask, tricks } from './agentCommands';
import type { Arbitrary } from './steps';
import {
  answer,
  cancelCreate,
  comment,
  create,
  deleteLocal,
  discard,
  dismiss,
  refresh,
  retry,
  send,
  sendReview,
  stop,
  stopWatching,
  watch,
  windows,
} from './userCommands';
import {
  advance,
  cut,
  jump,
  letGo,
  mirrors,
  order,
  release,
  rename,
  replay,
  runtime,
  service,
  swallowed,
} from './worldCommands';

/** Name, command, and its relative frequency. */
const WEIGHTS: readonly (readonly [string, Arbitrary, number])[] = [
  ['create', create, 5],
  ['cancelCreate', cancelCreate, 2],
  ['send', send, 9],
  ['comment', comment, 3],
  ['sendReview', sendReview, 3],
  ['stop', stop, 2],
  ['stopWatching', stopWatching, 3],
  ['watch', watch, 4],
  ['discard', discard, 2],
  ['retry', retry, 2],
  ['dismiss', dismiss, 1],
  ['agent', agent, 9],
  ['tricks', tricks, 2],
  ['ask', ask, 4],
  ['answer', answer, 4],
  ['runtime', runtime, 4],
  ['letGo', letGo, 1],
  ['service', service, 3],
  ['order', order, 6],
  ['release', release, 5],
  ['cut', cut, 1],
  ['rename', rename, 1],
  ['replay', replay, 1],
  ['mirrors', mirrors, 1],
  ['swallowed', swallowed, 1],
  ['windows', windows, 3],
  ['refresh', refresh, 1],
  ['deleteLocal', deleteLocal, 1],
  ['advance', advance, 11],
  ['jump', jump, 1],
];

/** @param without commands to leave out, to look for faults that the others cause */
export function allCommands(without: ReadonlySet<string> = new Set()): Arbitrary[] {
  return WEIGHTS.filter(([name]) => !without.has(name)).flatMap(([, arbitrary, weight]) =>
    Array.from({ length: weight }, () => arbitrary),
  );
}
