import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../../common/sanitize';
import { previewJson } from '../previewJson';
import type { EventReader } from '../eventReader';
import type { Body } from '../entry';
import * as sentences from './permissionSentences';
import type { PermissionSentences } from './permissionSentences';

/** How much of a request's values is shown, in UTF-16 units. */
export interface PermissionLimits {
  /** Of a value within a sentence. */
  readonly value: number;
  /** Of arguments, as JSON. */
  readonly json: number;
  /** Of a line behind a label. */
  readonly detail: number;
}

const LOG_LIMITS: PermissionLimits = { value: 160, json: 4000, detail: 2000 };

interface Reading extends PermissionSentences {
  readonly body: readonly Body[];
  /** What of the body the sentences do not say; all of it if this is left out. */
  readonly content?: readonly Body[];
}

/** One permission request, for the log and for the question. */
export interface PermissionDescription extends Required<Reading> {
  /** Values that the sentences do not show in full, as they came. */
  readonly cut: readonly string[];
  /** What is out of the ordinary; not sanitised. */
  readonly alerts: readonly string[];
}

/**
 * Describes a permission request: that of an event (`PermissionRequest` of the SDK), or that of the runtime's list of
 * open ones (`PermissionPromptRequest`), where some kinds have other names. Of an unknown kind all fields are shown.
 */
export function describePermission(request: EventReader, limits = LOG_LIMITS): PermissionDescription {
  const cut: string[] = [];
  let isIncomplete = false as boolean;
  const show = (value: string): string => {
    const shown = sanitizeLine(value, limits.value);
    if (shown !== value.trim()) {
      cut.push(value);
    }
    isIncomplete ||= shown === '';
    return shown === ''
      ? l10n.t({
          message: '(not given)',
          comment: ['Stands for a command, a file, an address or a name that a request of an agent lacks'],
        })
      : shown;
  };
  const reading = read(request, show, limits);
  // A request that lacks what it is about, or has it in another form, is shown with all that it has.
  const rest = isIncomplete || request.problems.length > 0 ? [allOf(request, limits)] : [];
  const content = [...(reading.content ?? reading.body), ...rest].filter(({ text }) => text.trim() !== '');
  return { ...reading, content, cut, alerts: alertsOf(request, limits) };
}

type Show = (value: string) => string;

function read(request: EventReader, show: Show, limits: PermissionLimits): Reading {
  const args = (key: string): readonly Body[] => {
    const value = request.get(key);
    return value === undefined || value === null ? [] : [{ kind: 'output', text: previewJson(value, limits.json) }];
  };
  const line = (label: string, key: string): readonly Body[] =>
    detail([[label, request.optionalText(key)]], limits.detail);
  const list = (key: string): readonly Body[] => [{ kind: 'output', text: request.texts(key, Infinity).join('\n') }];
  const kind = request.text('kind');
  switch (kind) {
    case 'shell':
    case 'commands': {
      const command = request.text('fullCommandText');
      const folder = line(
        l10n.t({ message: 'Folder', comment: ['A label: where a command runs'] }),
        'resolvedWorkingDirectory',
      );
      return { ...sentences.run(show(command)), body: [{ kind: 'command', text: command }, ...folder], content: [] };
    }
    case 'write': {
      const diff = request.optionalText('diff') ?? '';
      const contents = request.optionalText('newFileContents') ?? '';
      const body: Body = diff.trim() === '' ? { kind: 'output', text: contents } : { kind: 'diff', text: diff };
      return { ...sentences.write(show(request.text('fileName'))), body: [body] };
    }
    case 'read':
      return { ...sentences.readFile(show(request.text('path'))), body: [] };
    case 'path': {
      const paths = request.texts('paths', Infinity);
      const how = request.text('accessKind');
      const [only] = paths;
      const words =
        only !== undefined && paths.length === 1
          ? sentences.accessPath(show(only), show(how))
          : sentences.accessPaths(paths.length, show(how));
      return {
        ...words,
        body: paths.length === 0 ? [allOf(request, limits)] : [{ kind: 'output', text: paths.join('\n') }],
      };
    }
    case 'url': {
      const from = l10n.t({ message: 'Redirected from', comment: ['A label: the address before it'] });
      return { ...sentences.fetchUrl(show(request.text('url'))), body: line(from, 'redirectedFrom') };
    }
    case 'mcp': {
      const name = `${request.text('serverName') || '?'}/${request.text('toolName') || '?'}`;
      const tool = show(name);
      const words = request.flag('readOnly') === true ? sentences.useReadOnlyTool(tool) : sentences.useTool(tool);
      return { ...words, body: args('args') };
    }
    case 'custom-tool':
      return { ...sentences.useTool(show(request.text('toolName'))), body: args('args') };
    case 'hook': {
      const message = line(
        l10n.t({ message: 'Hook', comment: ['A label: what a hook of the agent says about a tool'] }),
        'hookMessage',
      );
      return { ...sentences.useTool(show(request.text('toolName'))), body: [...args('toolArgs'), ...message] };
    }
    case 'memory': {
      const fact = request.text('fact');
      const reason = line(l10n.t({ message: 'Because', comment: ['A label: why it is remembered'] }), 'reason');
      const words =
        request.optionalText('action') === 'vote' ? sentences.voteOn(show(fact)) : sentences.remember(show(fact));
      return { ...words, body: [{ kind: 'output', text: fact }, ...reason], content: reason };
    }
    case 'extension-management': {
      const name = request.optionalText('extensionName') ?? '';
      const operation = show(request.text('operation'));
      return {
        ...(name === '' ? sentences.manageExtensions(operation) : sentences.manageExtension(show(name), operation)),
        body: [],
      };
    }
    case 'extension-permission-access':
      return { ...sentences.giveCapabilities(show(request.text('extensionName'))), body: list('capabilities') };
    case 'extension-env-access':
      return { ...sentences.giveVariables(show(request.text('extensionName'))), body: list('environmentVariables') };
    case 'factory': {
      const name = show(request.text('name'));
      const words =
        request.text('operation') === 'run'
          ? sentences.runFactory(name)
          : sentences.useFactory(name, show(request.text('operation')));
      // Its phases and limits decide what it may cost.
      return { ...words, body: [allOf(request, limits)] };
    }
    case 'workflow': {
      const name = show(request.text('name'));
      const operation = request.text('operation');
      const body: Body = { kind: 'output', text: request.optionalText('description') ?? '' };
      return {
        ...(operation === 'run' ? sentences.runWorkflow(name) : sentences.useWorkflow(name, show(operation))),
        body: [body],
      };
    }
    default:
      return {
        ...(kind === '' ? sentences.doUnnamed() : sentences.doUnknown(show(kind))),
        body: [allOf(request, limits)],
      };
  }
}

function allOf(request: EventReader, limits: PermissionLimits): Body {
  return { kind: 'output', text: previewJson(request.all, limits.json) };
}

function alertsOf(request: EventReader, limits: PermissionLimits): readonly string[] {
  const alerts: string[] = [];
  const warning = request.optionalText('warning') ?? '';
  if (warning.trim() !== '') {
    alerts.push(warning);
  }
  if (request.flag('requestSandboxBypass') === true) {
    const reason = sanitizeLine(request.optionalText('requestSandboxBypassReason') ?? '', limits.detail);
    // A permissive retry stays in the sandbox: the SDK forbids calling it outside.
    const isPermissive = request.flag('requestSandboxPermissive') === true;
    alerts.push(sentences.sandboxAlert(isPermissive, reason));
  }
  if (request.flag('hasWriteFileRedirection') === true) {
    alerts.push(l10n.t('Writes to a file'));
  }
  return alerts;
}

/** One line for each value that there is, each on one line, whatever is in it. */
export function detail(lines: readonly (readonly [string, string | undefined])[], maxLength = 2000): readonly Body[] {
  const text = lines
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}: ${sanitizeLine(value ?? '', maxLength)}`)
    .join('\n');
  return text === '' ? [] : [{ kind: 'detail', text }];
}

export function clip(text: string): string {
  return sanitizeLine(text, 160);
}
