import { messageOf } from './errorText';

/** Texts with the id of a session. A text without an id must be one of `UNNAMED`, and nothing more. */
/* eslint-disable texts/localized -- what runtimes say */
const NAMED: readonly string[] = [
  'session not found(?: (?:for|with) (?:the )?(?:session ?)?id)?:? ID',
  '(?:the )?session(?: with)?(?: id)? ID (?:was |is )?(?:not (?:found|open|active|loaded)|unknown|closed)',
  '(?:the )?session(?: with)?(?: id)? ID (?:does not|no longer) exists?',
  'session does not exist:? ID',
  '(?:unknown|no such|no (?:active |open )?)(?: ?session)(?: found)?(?: (?:for|with|by))?(?: (?:session ?)?id)?:? ID',
];
/* eslint-enable texts/localized */
const UNNAMED = /^(?:(?:native )?session not found|(?:unknown|no such) session|session does not exist)[.!]?$/i;

/**
 * Whether an error says that the runtime no longer has this session: then nothing of the call was carried out. Measured
 * are `Session not found: ID` and `Session not found for sessionId: ID`; other versions may word it differently. A text
 * about another session, or about a file of this one, does not count.
 */
export function isSessionNotFound(error: unknown, sessionId: string): boolean {
  const [line = ''] = messageOf(error)
    .trim()
    .split(/[\r\n]/, 1);
  const text = line.trim();
  const at = text.indexOf(sessionId);
  if (at < 0) {
    return UNNAMED.test(text);
  }
  const rest = text.slice(at + sessionId.length);
  // Part of a longer id is another session.
  if (/[\w-]$/.test(text.slice(0, at)) || /^[\w-]/.test(rest)) {
    return false;
  }
  const before = text.slice(0, at).replace(/["'“‘`]$/, '');
  // A placeholder, because an id may have any character.
  const plain = `${before}ID${rest.replace(/^["'”’`]/, '')}`;
  return NAMED.some((form) => new RegExp(`(?:^|[:;.,]\\s+)${form}[.)!]*$`, 'i').test(plain));
}
