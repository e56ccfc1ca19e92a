import * as l10n from '@vscode/l10n';

/** What a permission is asked for. Each sentence is translated as a whole, since the order of words differs. */
export interface PermissionSentences {
  /** "Permission to run a shell command": for the log, where the body may say what the heading leaves out. */
  readonly heading: string;
  /** "The agent wants to run npm test": without a full stop, for a value may end with one ("git add ."). */
  readonly sentence: string;
  /** "run npm test": on a line of its own, or behind a colon. */
  readonly action: string;
}

export function run(command: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to run a shell command'),
    sentence: l10n.t('The agent wants to run {0}', command),
    action: l10n.t({ message: 'run {0}', args: [command], comment: ['{0} is a shell command'] }),
  };
}

export function write(file: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to write {0}', file),
    sentence: l10n.t('The agent wants to write {0}', file),
    action: l10n.t({ message: 'write {0}', args: [file], comment: ['{0} is a file'] }),
  };
}

export function readFile(file: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to read {0}', file),
    sentence: l10n.t('The agent wants to read {0}', file),
    action: l10n.t({ message: 'read {0}', args: [file], comment: ['{0} is a file'] }),
  };
}

/** @param how `read`, `write` or `shell` (`PermissionPromptRequestPathAccessKind`) */
export function accessPath(path: string, how: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to access {0} ({1})', path, how),
    sentence: l10n.t('The agent wants to access {0} ({1})', path, how),
    action: l10n.t({
      message: 'access {0} ({1})',
      args: [path, how],
      comment: ['{0} is a path, {1} the kind of access: read, write or shell'],
    }),
  };
}

export function accessPaths(count: number, how: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to access {0} paths ({1})', count, how),
    sentence: l10n.t('The agent wants to access {0} paths ({1})', count, how),
    action: l10n.t({
      message: 'access {0} paths ({1})',
      args: [count, how],
      comment: ['{0} is their number, {1} the kind of access: read, write or shell'],
    }),
  };
}

export function fetchUrl(url: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to fetch {0}', url),
    sentence: l10n.t('The agent wants to fetch {0}', url),
    action: l10n.t({ message: 'fetch {0}', args: [url], comment: ['{0} is a web address'] }),
  };
}

export function useTool(tool: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to use the tool {0}', tool),
    sentence: l10n.t('The agent wants to use the tool {0}', tool),
    action: l10n.t('use the tool {0}', tool),
  };
}

/** That a tool only reads is the word of its MCP server: whoever is to allow it is not told so. */
export function useReadOnlyTool(tool: string): PermissionSentences {
  return { ...useTool(tool), heading: l10n.t('Permission to use the tool {0} (read-only)', tool) };
}

export function remember(fact: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to remember'),
    sentence: l10n.t('The agent wants to remember: {0}', fact),
    action: l10n.t({ message: 'remember: {0}', args: [fact], comment: ['{0} is a sentence'] }),
  };
}

export function voteOn(fact: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to vote on a memory'),
    sentence: l10n.t('The agent wants to vote on the memory: {0}', fact),
    action: l10n.t({ message: 'vote on the memory: {0}', args: [fact], comment: ['{0} is a sentence'] }),
  };
}

export function manageExtension(extension: string, operation: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to manage the extension {0} ({1})', extension, operation),
    sentence: l10n.t('The agent wants to manage the extension {0} ({1})', extension, operation),
    action: l10n.t({
      message: 'manage the extension {0} ({1})',
      args: [extension, operation],
      comment: ['{1} is an English word of the protocol, such as "reload"'],
    }),
  };
}

export function manageExtensions(operation: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to manage extensions ({0})', operation),
    sentence: l10n.t('The agent wants to manage extensions ({0})', operation),
    action: l10n.t({
      message: 'manage extensions ({0})',
      args: [operation],
      comment: ['{0} is an English word of the protocol, such as "reload"'],
    }),
  };
}

export function giveCapabilities(extension: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to give the extension {0} capabilities', extension),
    sentence: l10n.t('The agent wants to give capabilities to the extension {0}', extension),
    action: l10n.t('give capabilities to the extension {0}', extension),
  };
}

export function giveVariables(extension: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to give the extension {0} environment variables', extension),
    sentence: l10n.t('The agent wants to give environment variables to the extension {0}', extension),
    action: l10n.t('give environment variables to the extension {0}', extension),
  };
}

/** A factory starts agents of its own. */
export function runFactory(factory: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to run the factory {0}', factory),
    sentence: l10n.t('The agent wants to run the factory {0}', factory),
    action: l10n.t('run the factory {0}', factory),
  };
}

/** @param operation of the protocol, such as `author` (`FactoryPermissionOperation`) */
export function useFactory(factory: string, operation: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to use the factory {0} ({1})', factory, operation),
    sentence: l10n.t('The agent wants to use the factory {0} ({1})', factory, operation),
    action: l10n.t({
      message: 'use the factory {0} ({1})',
      args: [factory, operation],
      comment: ['{1} is an English word of the protocol, such as "author"'],
    }),
  };
}

export function runWorkflow(workflow: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to run the workflow {0}', workflow),
    sentence: l10n.t('The agent wants to run the workflow {0}', workflow),
    action: l10n.t('run the workflow {0}', workflow),
  };
}

export function useWorkflow(workflow: string, operation: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to use the workflow {0} ({1})', workflow, operation),
    sentence: l10n.t('The agent wants to use the workflow {0} ({1})', workflow, operation),
    action: l10n.t({
      message: 'use the workflow {0} ({1})',
      args: [workflow, operation],
      comment: ['{1} is an English word of the protocol'],
    }),
  };
}

export function doUnknown(kind: string): PermissionSentences {
  return {
    heading: l10n.t('Permission to do something of the kind “{0}”', kind),
    sentence: l10n.t('The agent wants to do something of the kind “{0}”', kind),
    action: l10n.t('do something of the kind “{0}”', kind),
  };
}

export function doUnnamed(): PermissionSentences {
  return {
    heading: l10n.t('Permission for an unspecified action'),
    sentence: l10n.t('The agent wants to do something that it does not specify'),
    action: l10n.t('do something unspecified'),
  };
}

/** @param isPermissive it stays in the sandbox, which records what it would have blocked */
export function sandboxAlert(isPermissive: boolean, reason: string): string {
  if (isPermissive) {
    return reason === '' ? l10n.t('With a permissive sandbox') : l10n.t('With a permissive sandbox: {0}', reason);
  }
  return reason === '' ? l10n.t('Outside the sandbox') : l10n.t('Outside the sandbox: {0}', reason);
}
