import type * as vscode from 'vscode';

/*
 * The part of the API of VS Code's Git extension that is used here: version 1, `extensions/git/src/api/git.d.ts`,
 * as in VS Code 1.100.
 */
export interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}
export interface GitApi {
  readonly git?: { readonly path?: string };
  readonly state: 'uninitialized' | 'initialized';
  readonly onDidChangeState: vscode.Event<unknown>;
  readonly repositories: readonly GitRepository[];
  readonly onDidOpenRepository: vscode.Event<GitRepository>;
  readonly onDidCloseRepository: vscode.Event<GitRepository>;
  getRepository(uri: vscode.Uri): GitRepository | null;
}
export interface GitRepository {
  readonly rootUri: vscode.Uri;
  readonly state: {
    readonly HEAD: GitBranch | undefined;
    readonly remotes: readonly { readonly name: string; readonly fetchUrl?: string; readonly pushUrl?: string }[];
    /** Fires after each `git status`. */
    readonly onDidChange: vscode.Event<void>;
  };
  /** Runs `git status`, and with it reads HEAD and the remotes anew. */
  status(): Promise<void>;
  /** Uses the user's credentials, and asks for them if there are none. */
  fetch(options: { readonly remote: string; readonly ref: string }): Promise<void>;
  getBranches(query: {
    readonly remote: true;
    readonly pattern: string;
    readonly sort: 'committerdate';
  }): Promise<readonly GitBranch[]>;
}
export interface GitBranch {
  readonly name?: string;
  readonly commit?: string;
  readonly upstream?: { readonly remote: string; readonly name: string };
  readonly ahead?: number;
}
