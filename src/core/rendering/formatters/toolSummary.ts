import * as l10n from '@vscode/l10n';
import { isRecord, readString } from '../../common/json';
import { sanitizeLine } from '../../common/sanitize';
import { previewJson } from '../previewJson';

const SUMMARY_LENGTH = 240;

/** The arguments of a tool call on one line: the command, the path or the pattern; otherwise JSON. */
export function summarizeTool(name: string, args: unknown): string {
  const known = SUMMARIES.get(name)?.(args);
  return sanitizeLine(known ?? fallback(args), SUMMARY_LENGTH);
}

/** Tools whose result is what they read: less of it is shown. */
export function isReading(name: string): boolean {
  return READING.has(name);
}

const READING = new Set([
  'view',
  'read',
  'read_file',
  'open',
  'grep',
  'rg',
  'glob',
  'find',
  'list_dir',
  'ls',
  'search',
]);

/** `undefined` for arguments that the tool is not known to take. */
type Summary = (args: unknown) => string | undefined;

const field =
  (...keys: readonly string[]): Summary =>
  (args) =>
    keys.map((key) => readString(args, key)).find((value) => value !== undefined && value !== '');

const path = field('path', 'file_path', 'filePath', 'fileName', 'file');

const view: Summary = (args) => {
  const range = isRecord(args) ? (args['view_range'] ?? args['range']) : undefined;
  const lines = Array.isArray(range) && range.every((line) => typeof line === 'number') ? range.join('-') : undefined;
  const file = path(args);
  return file === undefined || lines === undefined ? file : `${file}:${lines.replace('--1', '-')}`;
};

const edit: Summary = (args) => {
  const file = path(args);
  const before = readString(args, 'old_str') ?? readString(args, 'oldString');
  const after = readString(args, 'new_str') ?? readString(args, 'newString');
  if (file === undefined || (before === undefined && after === undefined)) {
    return file;
  }
  return `${file}  -${countLines(before ?? '')} +${countLines(after ?? '')}`;
};

const create: Summary = (args) => {
  const file = path(args);
  const text = readString(args, 'file_text') ?? readString(args, 'content');
  return file === undefined || text === undefined ? file : `${file}  +${countLines(text)}`;
};

const editor: Summary = (args) => {
  const command = readString(args, 'command');
  const form = command === 'view' ? view : command === 'create' ? create : edit;
  const file = form(args);
  return command === undefined || file === undefined ? file : `${command} ${file}`;
};

const search: Summary = (args) => {
  const pattern = readString(args, 'pattern') ?? readString(args, 'query') ?? readString(args, 'regex');
  if (pattern === undefined) {
    return undefined;
  }
  const where = path(args);
  const files = readString(args, 'glob') ?? readString(args, 'include');
  const what =
    where === undefined
      ? `"${pattern}"`
      : l10n.t({
          message: '"{0}" in {1}',
          args: [pattern, where],
          comment: ['A search. {0}: a pattern. {1}: a folder'],
        });
  return files === undefined ? what : `${what} (${files})`;
};

/** The files that a patch names, in the `*** Update File: PATH` form or as a unified diff. */
const patch: Summary = (args) => {
  const text = typeof args === 'string' ? args : (readString(args, 'patch') ?? readString(args, 'input'));
  if (text === undefined) {
    return undefined;
  }
  const files: string[] = [];
  for (const match of text.slice(0, 100_000).matchAll(/^(?:\*\*\* (?:Add|Update|Delete) File: |\+\+\+ b\/)(.+)$/gm)) {
    files.push(match[1] ?? '');
  }
  return files.length === 0 ? undefined : files.join(', ');
};

const shell = field('command', 'cmd', 'script');
const task: Summary = (args) => {
  const what = field('description', 'prompt')(args);
  const agent = readString(args, 'agent_type') ?? readString(args, 'name');
  return what === undefined || agent === undefined ? (what ?? agent) : `${agent}: ${what}`;
};

/** The runtime's own tools, and the names of the same tools in other agents. */
const SUMMARIES: ReadonlyMap<string, Summary> = new Map([
  ...entries(shell, 'bash', 'shell', 'local_shell', 'powershell', 'cmd', 'exec', 'run_in_terminal'),
  ...entries(field('input', 'shellId', 'sessionId'), 'write_bash', 'write_powershell'),
  ...entries(field('shellId', 'sessionId'), 'read_bash', 'stop_bash', 'read_powershell', 'stop_powershell'),
  ...entries(view, 'view', 'read', 'read_file', 'open'),
  ...entries(edit, 'edit', 'str_replace', 'replace_string_in_file', 'insert'),
  ...entries(create, 'create', 'write', 'write_file', 'create_file'),
  ...entries(editor, 'str_replace_editor'),
  ...entries(patch, 'apply_patch', 'git_apply_patch'),
  ...entries(search, 'grep', 'rg', 'glob', 'find', 'search', 'code_search', 'web_search'),
  ...entries(field('url'), 'web_fetch', 'fetch'),
  ...entries(path, 'list_dir', 'ls', 'show_file', 'delete'),
  ...entries(task, 'task'),
  ...entries(field('question', 'message'), 'ask_user'),
  ...entries(field('intent'), 'report_intent'),
  ...entries(field('commitMessage'), 'report_progress'),
  ...entries(field('fact', 'subject'), 'store_memory'),
  ...entries(field('description', 'query'), 'sql'),
  ...entries(field('skill', 'name'), 'skill'),
]);

function entries(summary: Summary, ...names: readonly string[]): readonly (readonly [string, Summary])[] {
  return names.map((name) => [name, summary]);
}

function fallback(args: unknown): string {
  if (args === undefined || args === null || (isRecord(args) && Object.keys(args).length === 0)) {
    return '';
  }
  return typeof args === 'string' ? args : previewJson(args, SUMMARY_LENGTH);
}

/** The number of lines; a line feed at the end begins none. */
function countLines(text: string): number {
  let count = text === '' || text.endsWith('\n') ? 0 : 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    count++;
  }
  return count;
}
