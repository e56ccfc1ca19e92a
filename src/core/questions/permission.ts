import * as l10n from '@vscode/l10n';
import { readText } from '../common/json';
import { sanitizeLine, sanitizeText } from '../common/sanitize';
import { EventReader } from '../rendering/eventReader';
import { describePermission, type PermissionLimits } from '../rendering/formatters/permissionRequest';

/** Longest text of a permission that is retained to be shown, in UTF-16 units. */
const MAX_DETAILS = 200_000;
/** What a notification shows of a value without cutting it, and all that there is room for in a document. */
const LIMITS: PermissionLimits = { value: 240, json: MAX_DETAILS, detail: MAX_DETAILS };

export interface PermissionQuestion {
  readonly kind: 'permission';
  /** "The agent wants to run npm test": one line, without a full stop. */
  readonly sentence: string;
  /** The same to stand on a line of its own, or behind a colon: "run npm test". */
  readonly what: string;
  /** `sentence` says all of it: somebody who reads it knows what they allow. */
  readonly isWhole: boolean;
  /** What `sentence` leaves out, sanitised; '' if it says all. */
  readonly details: string;
  /** Why, in the agent's words. */
  readonly intention: string | undefined;
  readonly alerts: readonly string[];
  /** Of a file to be written: as the protocol gives it, not sanitised. */
  readonly change: FileChange | undefined;
  /** The runtime offers to allow the same for the rest of the session. */
  readonly offersSession: boolean;
}

export interface FileChange {
  readonly fileName: string;
  /** A unified diff; may be ''. */
  readonly diff: string;
  /** What the file is to contain, if the request has it. */
  readonly newContents: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a permission request: that of an event, or that of the runtime's list of open ones. */
export function readPermission(request: Fields | undefined): PermissionQuestion {
  const fields = request ?? {};
  const reader = EventReader.of(fields, 'permissionRequest', []);
  const { sentence, action, cut, content, alerts } = describePermission(reader, LIMITS);
  // Something beside the line, or a line that was cut or put together of several, has to be looked at.
  const hidden = [...new Set([...cut, ...content.map(({ text }) => text)])];
  const offers = fields['canOfferSessionApproval'] === true && fields['managedApprovalRequired'] !== true;
  const intention = readText(fields, 'intention');
  const kind = readText(fields, 'kind') ?? '';
  return {
    kind: 'permission',
    sentence,
    what: action,
    isWhole: hidden.length === 0,
    details: sanitizeText(hidden.join('\n\n'), MAX_DETAILS),
    intention: intention === undefined ? undefined : sanitizeLine(intention, 300),
    alerts: alerts.map((alert) => sanitizeLine(alert, 300)),
    change: kind === 'write' ? changeOf(fields) : undefined,
    // What "for the session" covers is known only of these: a command, and writing.
    offersSession: offers && (kind === 'shell' || kind === 'commands' || kind === 'write'),
  };
}

function changeOf(fields: Fields): FileChange {
  const newContents = fields['newFileContents'];
  const diff = fields['diff'];
  return {
    fileName:
      readText(fields, 'fileName') ??
      l10n.t({ message: 'file', comment: ['Stands for the name of a file that a request of an agent lacks'] }),
    diff: typeof diff === 'string' ? diff.slice(0, 10 * MAX_DETAILS) : '',
    newContents: typeof newContents === 'string' && newContents.length <= 10 * MAX_DETAILS ? newContents : undefined,
  };
}
