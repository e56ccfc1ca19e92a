import path from 'node:path';

/** The root of the repository. */
export const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

/** What is fetched or made for running VS Code: ignored by git, and safe to delete. */
export const CACHE = path.join(REPOSITORY, '.vscode-test');

/** What a failed run leaves to look at: logs and screenshots. */
export const FAILURES = path.join(CACHE, 'failures');
