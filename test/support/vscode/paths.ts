import path from 'node:path';

/** The root of the repository. */
export const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

/** Downloaded and generated files for running VS Code. Ignored by Git, and safe to delete. */
export const CACHE = path.join(REPOSITORY, '.vscode-test');

/** Logs and screenshots of failed runs. */
export const FAILURES = path.join(CACHE, 'failures');
