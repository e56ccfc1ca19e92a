import { readArray, readText } from '../common/json';
import { sanitizeLine, sanitizeText } from '../common/sanitize';
import { previewJson } from '../rendering/previewJson';

/** Longest text of a permission that is kept to be shown, in UTF-16 units. */
const MAX_DETAILS = 200_000;
/** Longest line that says what is asked for, in UTF-16 units: what a notification shows without cutting it. */
const MAX_WHAT = 240;

export interface PermissionQuestion {
  readonly kind: 'permission';
  /** What the agent wants to do, as in "run npm test": one line. */
  readonly what: string;
  /** `what` says all of it: somebody who reads it knows what they allow. */
  readonly isWhole: boolean;
  /** All that is known of it, sanitised; '' if `what` says it all. */
  readonly details: string;
  /** Why, in the agent's words. */
  readonly intention: string | undefined;
  readonly alerts: readonly string[];
  /** Of a file that is to be written: as the protocol gives it, not sanitised. */
  readonly change: FileChange | undefined;
  /** The runtime offers to allow the same for the rest of the session. */
  readonly offersSession: boolean;
}

export interface FileChange {
  readonly fileName: string;
  /** A unified diff; may be ''. */
  readonly diff: string;
  /** What the file is to hold, if that is told. */
  readonly newContents: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** The words of a kind, and what of it is worth a look. `text` is shown in full, as it is. */
interface Reading {
  readonly verb: string;
  readonly object: string;
  readonly text?: string;
}

/**
 * Reads a permission request: that of an event, or that of the runtime's list of open ones, where some kinds have other
 * names. A kind that is not known is shown as it is.
 */
export function readPermission(request: Fields | undefined): PermissionQuestion {
  const fields = request ?? {};
  const kind = readText(fields, 'kind') ?? '';
  const { verb, object, text = '' } = readKind(kind, fields);
  const what = sanitizeLine(`${verb} ${object}`.trim(), MAX_WHAT);
  // A text beside it, or a line that was cut or put together of several, has to be looked at.
  const isWhole = text === '' && what === `${verb} ${object}`.trim();
  const offers = fields['canOfferSessionApproval'] === true && fields['managedApprovalRequired'] !== true;
  const intention = readText(fields, 'intention');
  return {
    kind: 'permission',
    what,
    isWhole,
    details: isWhole ? '' : sanitizeText(text === '' ? object : text, MAX_DETAILS),
    intention: intention === undefined ? undefined : sanitizeLine(intention, 300),
    alerts: alertsOf(fields),
    change: kind === 'write' ? changeOf(fields) : undefined,
    // What "for the session" covers is only known of these two: the command, and writing.
    offersSession: offers && (kind === 'shell' || kind === 'commands' || kind === 'write'),
  };
}

function readKind(kind: string, fields: Fields): Reading {
  const word = (key: string, otherwise = ''): string => readText(fields, key) ?? otherwise;
  const json = (key: string): string =>
    fields[key] === undefined || fields[key] === null ? '' : previewJson(fields[key], MAX_DETAILS);
  switch (kind) {
    case 'shell':
    case 'commands':
      return { verb: 'run', object: word('fullCommandText', 'a command that it does not name') };
    case 'write':
      return {
        verb: 'write',
        object: word('fileName', 'a file that it does not name'),
        text: word('diff', word('newFileContents')),
      };
    case 'read':
      return { verb: 'read', object: word('path', 'a file that it does not name') };
    case 'path': {
      const paths = readArray(fields, 'paths').filter((path) => typeof path === 'string');
      const verb = `access (${word('accessKind', 'in a way that it does not name')})`;
      return { verb, object: paths.length === 1 ? String(paths[0]) : 'several places', text: textOf(paths) };
    }
    case 'url': {
      const from = readText(fields, 'redirectedFrom');
      return {
        verb: 'fetch',
        object: word('url', 'an address that it does not name'),
        ...(from === undefined ? {} : { text: `${word('url')}\n\nRedirected from: ${from}` }),
      };
    }
    case 'mcp':
      return {
        verb: 'use the tool',
        object: `${word('serverName', '?')}/${word('toolName', '?')}`,
        text: json('args'),
      };
    case 'custom-tool':
      return { verb: 'use the tool', object: word('toolName', '?'), text: json('args') };
    case 'hook': {
      const message = word('hookMessage');
      const text = [message, json('toolArgs')].filter((part) => part !== '').join('\n\n');
      return { verb: 'use the tool', object: word('toolName', '?'), text };
    }
    case 'memory': {
      const verb = readText(fields, 'action') === 'vote' ? 'vote on the memory' : 'remember';
      const because = readText(fields, 'reason');
      return {
        verb,
        object: word('fact', 'something that it does not say'),
        ...(because === undefined ? {} : { text: `${word('fact')}\n\nBecause: ${because}` }),
      };
    }
    case 'extension-management':
      return { verb: word('operation', 'change'), object: `the extension ${word('extensionName', '')}`.trim() };
    case 'extension-permission-access':
      return {
        verb: 'give capabilities to',
        object: `the extension ${word('extensionName', '?')}`,
        text: textOf(readArray(fields, 'capabilities')),
      };
    case 'extension-env-access':
      return {
        verb: 'give environment variables to',
        object: `the extension ${word('extensionName', '?')}`,
        text: textOf(readArray(fields, 'environmentVariables')),
      };
    default:
      return {
        verb: 'do',
        object: kind === '' ? 'something that it does not name' : `something of the kind “${kind}”`,
        text: Object.keys(fields).length === 0 ? 'It does not say what.' : previewJson(fields, MAX_DETAILS),
      };
  }
}

function changeOf(fields: Fields): FileChange {
  const newContents = fields['newFileContents'];
  const diff = fields['diff'];
  return {
    fileName: readText(fields, 'fileName') ?? 'file',
    diff: typeof diff === 'string' ? diff.slice(0, 10 * MAX_DETAILS) : '',
    newContents: typeof newContents === 'string' && newContents.length <= 10 * MAX_DETAILS ? newContents : undefined,
  };
}

function alertsOf(fields: Fields): readonly string[] {
  const alerts: string[] = [];
  const warning = readText(fields, 'warning');
  if (warning !== undefined) {
    alerts.push(sanitizeLine(warning, 300));
  }
  if (fields['requestSandboxBypass'] === true) {
    const reason = readText(fields, 'requestSandboxBypassReason');
    alerts.push(`Outside the sandbox${reason === undefined ? '' : `: ${sanitizeLine(reason, 200)}`}`);
  }
  if (fields['hasWriteFileRedirection'] === true) {
    alerts.push('Writes to a file');
  }
  return alerts;
}

function textOf(values: readonly unknown[]): string {
  return values.filter((value) => typeof value === 'string').join('\n');
}
