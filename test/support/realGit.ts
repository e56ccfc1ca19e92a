import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { thisPlatform, type Platform } from '../../src/runtime/platform/platform';
import { findTool } from '../../src/runtime/platform/tool';

/** This machine's Git in a new temporary folder, without the configuration of the user and of the machine. */
export class RealGit {
  /** Absolute path of Git. */
  readonly command: string;
  /** Absolute path of the temporary folder: also the working tree, after `init`. */
  readonly root: string;

  private readonly home: string;

  private constructor(command: string) {
    this.command = command;
    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'real-git-')));
    this.root = path.join(folder, 'work');
    this.home = path.join(folder, 'home');
    mkdirSync(this.root);
    mkdirSync(this.home);
    writeFileSync(
      path.join(this.home, 'config'),
      '[user]\n\tname = Octo\n\temail = octo@example.com\n[init]\n\tdefaultBranch = main\n[core]\n\tautocrlf = false\n',
    );
  }

  /** @returns `undefined` where there is no Git, or no POSIX shell and modes (Windows) */
  static find(): RealGit | undefined {
    const command = process.platform === 'win32' ? undefined : findTool('git', thisPlatform(), []);
    return command === undefined ? undefined : new RealGit(command);
  }

  get env(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.home,
      GIT_CONFIG_GLOBAL: path.join(this.home, 'config'),
      GIT_CONFIG_SYSTEM: '/dev/null',
    };
  }

  /** For code that runs Git itself. */
  get host(): Platform {
    return { ...thisPlatform(), env: this.env };
  }

  /** The output of a call. @throws if it exits with more than 1, which `git diff --no-index` does for a difference */
  run(args: readonly string[], input?: string): string {
    const dates = { GIT_AUTHOR_DATE: '2026-03-04T10:00:00Z', GIT_COMMITTER_DATE: '2026-03-04T10:00:00Z' };
    const { status, stdout, stderr, error } = spawnSync(this.command, ['-C', this.root, ...args], {
      env: { ...this.env, ...dates },
      maxBuffer: 256 * 1024 * 1024,
      ...(input === undefined ? {} : { input }),
    });
    if (error !== undefined || status === null || status > 1) {
      throw error ?? new Error(`git ${args.join(' ')}: ${stderr.toString('utf8')}`);
    }
    return stdout.toString('utf8');
  }

  /** Writes a file of the working tree, with its folders. */
  write(file: string, content: string | Uint8Array): void {
    const at = path.join(this.root, file);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, content);
  }

  /** Commits the whole working tree. @returns the commit's id */
  commit(message = 'A change'): string {
    this.run(['add', '--all']);
    this.run(['commit', '--quiet', '--allow-empty', '--message', message]);
    return this.run(['rev-parse', 'HEAD']).trim();
  }

  dispose(): void {
    rmSync(path.dirname(this.root), { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * This machine's Git for the tests of a suite, in one folder, which is removed after them. Without a Git they are skipped.
 *
 * @param begin called before the tests
 */
export function useRealGit(begin: (git: RealGit) => void): void {
  let git: RealGit | undefined;

  before(function () {
    git = RealGit.find();
    if (git === undefined) {
      console.log('      skipped: there is no git, or this is Windows');
      this.skip();
    }
    begin(git);
  });

  after(() => git?.dispose());
}
