import { sanitizeLine } from '../../common/sanitize';
import { previewJson } from '../previewJson';
import type { EventReader } from '../eventReader';
import type { Body } from '../entry';

const ARGUMENTS_LENGTH = 4000;

/** What a permission is asked for: on one line, and in full. */
interface Request {
  readonly what: string;
  /** Instead of `what`, where the body says it in full. */
  readonly title?: string;
  readonly body: readonly Body[];
}

export function describePermission(request: EventReader): Request {
  const kind = request.text('kind');
  switch (kind) {
    case 'shell': {
      const command = request.text('fullCommandText');
      const folder = detail([['Folder', request.optionalText('resolvedWorkingDirectory')]]);
      const body: readonly Body[] = [{ kind: 'command', text: command }, ...folder];
      return { what: `run ${clip(command)}`, title: 'run a shell command', body };
    }
    case 'write': {
      const diff = request.optionalText('diff') ?? '';
      const contents = request.optionalText('newFileContents') ?? '';
      const body: Body = diff === '' ? { kind: 'output', text: contents } : { kind: 'diff', text: diff };
      return { what: `write ${clip(request.text('fileName'))}`, body: [body] };
    }
    case 'read':
      return { what: `read ${clip(request.text('path'))}`, body: [] };
    case 'url': {
      const from = detail([['Redirected from', request.optionalText('redirectedFrom')]]);
      return { what: `fetch ${clip(request.text('url'))}`, body: from };
    }
    case 'mcp': {
      const tool = `use the tool ${clip(`${request.text('serverName')}/${request.text('toolName')}`)}`;
      const what = request.flag('readOnly') === true ? `${tool} (read-only)` : tool;
      return { what, body: argumentsBody(request.get('args')) };
    }
    case 'memory': {
      const what = request.optionalText('action') === 'vote' ? 'vote on a memory' : 'remember';
      const body: Body[] = [{ kind: 'output', text: request.text('fact') }];
      return { what, body: [...body, ...detail([['Because', request.optionalText('reason')]])] };
    }
    case 'custom-tool':
      return { what: `use the tool ${clip(request.text('toolName'))}`, body: argumentsBody(request.get('args')) };
    case 'hook': {
      const message = detail([['Hook', request.optionalText('hookMessage')]]);
      const body = argumentsBody(request.get('toolArgs'));
      return { what: `use the tool ${clip(request.text('toolName'))}`, body: [...body, ...message] };
    }
    case 'extension-management': {
      const extension = request.optionalText('extensionName') ?? 'an extension';
      return { what: `${clip(request.text('operation'))} ${clip(extension)}`, body: [] };
    }
    case 'extension-permission-access': {
      const what = `give the extension ${clip(request.text('extensionName'))} capabilities`;
      return { what, body: [{ kind: 'output', text: request.texts('capabilities').join('\n') }] };
    }
    case 'extension-env-access': {
      const what = `give the extension ${clip(request.text('extensionName'))} environment variables`;
      return { what, body: [{ kind: 'output', text: request.texts('environmentVariables').join('\n') }] };
    }
    case 'workflow': {
      const what = `${clip(request.text('operation'))} the workflow ${clip(request.text('name'))}`;
      return { what, body: [{ kind: 'output', text: request.optionalText('description') ?? '' }] };
    }
    default: {
      const what = kind === '' ? 'do something that it does not name' : `do something of the kind "${clip(kind)}"`;
      return { what, body: [{ kind: 'output', text: previewJson(request.all, ARGUMENTS_LENGTH) }] };
    }
  }
}

function argumentsBody(args: unknown): readonly Body[] {
  return args === undefined || args === null ? [] : [{ kind: 'output', text: previewJson(args, ARGUMENTS_LENGTH) }];
}

/** One line for each value that there is, each on one line, whatever is in it. */
export function detail(lines: readonly (readonly [string, string | undefined])[]): readonly Body[] {
  const text = lines
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}: ${sanitizeLine(value ?? '', 2000)}`)
    .join('\n');
  return text === '' ? [] : [{ kind: 'detail', text }];
}

export function clip(text: string): string {
  return sanitizeLine(text, 160);
}
