import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Git } from '../../src/git/git';
import { thisPlatform } from '../../src/runtime/platform/platform';
import { findTool } from '../../src/runtime/platform/tool';

/** The absolute path of this machine's Git, if it has one. */
export const GIT = process.platform === 'win32' ? undefined : findTool('git', thisPlatform(), []);

/** Skips the suite on a machine without Git. */
export function skipWithoutGit(): void {
  before(function () {
    if (GIT === undefined) {
      this.skip();
    }
  });
}

/** The user's own configuration has no effect on these repositories. */
const ENV = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};
const PERSON = { NAME: 'Demo', EMAIL: 'demo@example.com', DATE: '2026-01-02T03:04:05Z' };
const PEOPLE = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((role) =>
    Object.entries(PERSON).map(([key, value]) => [`GIT_${role}_${key}`, value]),
  ),
);

const CONFIG = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = false
	logallrefupdates = true
[remote "origin"]
	url = https://github.com/octo-org/harbor.git
	fetch = +refs/heads/*:refs/remotes/origin/*
`;

/** Everything of a repository that an operation could change, but for objects. */
export type Snapshot = Readonly<Record<string, string>>;

/** A Git repository in a folder of its own, with a remote `origin` that is never asked. */
export class TestRepository {
  private constructor(
    /** Holds the repository and what is put beside it. */
    readonly around: string,
    readonly root: string,
  ) {}

  static create(name = 'harbor'): TestRepository {
    const around = realpathSync(mkdtempSync(path.join(tmpdir(), 'try-it-')));
    const root = path.join(around, name);
    mkdirSync(root);
    const repository = new TestRepository(around, root);
    // As `git init` does it, but quicker.
    for (const folder of ['objects', 'refs/heads', 'info', 'hooks']) {
      mkdirSync(repository.path(`.git/${folder}`), { recursive: true });
    }
    repository.write('.git/HEAD', 'ref: refs/heads/main\n');
    repository.write('.git/config', CONFIG);
    return repository;
  }

  dispose(): void {
    rmSync(this.around, { recursive: true, force: true, maxRetries: 5 });
  }

  /** A working tree of the same repository, or another repository, in the folder around it. */
  at(root: string): TestRepository {
    return new TestRepository(this.around, root);
  }

  /** Git as the extension calls it. */
  get git(): Git {
    return Git.open(this.root, { command: GIT!, strangers: [], host: { ...thisPlatform(), env: ENV } })!;
  }

  /** @returns the output, without the last line end */
  run(...args: readonly string[]): string {
    return this.bytesOf(...args)
      .toString('utf8')
      .replace(/\n$/, '');
  }

  /** The output, as it is. */
  bytesOf(...args: readonly string[]): Buffer {
    return execFileSync(GIT!, ['-C', this.root, '-c', 'core.quotePath=false', ...args], {
      env: { ...ENV, ...PEOPLE, GIT_CEILING_DIRECTORIES: this.around },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** @returns the exit code */
  attempt(...args: readonly string[]): number | null {
    return spawnSync(GIT!, ['-C', this.root, ...args], {
      env: { ...ENV, ...PEOPLE, GIT_CEILING_DIRECTORIES: this.around },
      stdio: 'ignore',
    }).status;
  }

  path(file: string): string {
    return path.join(this.root, file);
  }

  write(file: string, content: string | Buffer, mode = 0o644): void {
    mkdirSync(path.dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), content, { mode });
  }

  link(file: string, target: string): void {
    mkdirSync(path.dirname(this.path(file)), { recursive: true });
    symlinkSync(target, this.path(file));
  }

  remove(file: string): void {
    rmSync(this.path(file), { recursive: true });
  }

  read(file: string): string {
    return this.bytes(file).toString('utf8');
  }

  bytes(file: string): Buffer {
    return readFileSync(this.path(file));
  }

  has(file: string): boolean {
    return existsSync(this.path(file));
  }

  /** Writes the files, commits everything, and returns the commit's id. */
  commit(files: Readonly<Record<string, string | Buffer>> = {}, message = 'A change'): string {
    for (const [file, content] of Object.entries(files)) {
      this.write(file, content);
    }
    this.run('add', '--all');
    this.run('commit', '--quiet', '--allow-empty', '--message', message);
    return this.head();
  }

  /** The id of the commit that is checked out, if its ref is a file of its own. */
  head(): string {
    const [, ref] = /^ref: (.*)\n$/.exec(this.read('.git/HEAD')) ?? [];
    return this.read(ref === undefined ? '.git/HEAD' : `.git/${ref}`).trim();
  }

  /** As if this commit had been fetched. */
  fetched(branch: string, commit: string): void {
    this.run('update-ref', `refs/remotes/origin/${branch}`, commit);
  }

  /** What the index says of each file: mode, object, stage and flags, but not what it remembers of the disk. */
  index(): string {
    const entries = this.run('ls-files', '--stage', '-v', '--debug');
    return entries.replaceAll(/^ {2}(ctime|mtime|dev|uid):.*\n/gm, '').replaceAll(/^ {2}size: \d+\s+/gm, '  ');
  }

  /** HEAD, refs, configuration, index and all files, ignored ones included. */
  snapshot(): Snapshot {
    const folder = this.run('rev-parse', '--absolute-git-dir');
    const state = readdirSync(folder).filter((name) => /^[A-Z_]+_HEAD$|^rebase-|^BISECT|^sequencer$/.test(name));
    return {
      '(HEAD)': readFileSync(path.join(folder, 'HEAD'), 'utf8'),
      '(refs)': this.run('for-each-ref', '--format=%(refname) %(objectname) %(symref)'),
      '(config)': this.run('config', '--list', '--local'),
      '(state)': state.sort().join(' '),
      '(index)': this.index(),
      '(status)': this.run('--no-optional-locks', 'status', '--porcelain=v2', '--branch', '--ignored'),
      ...this.files(),
    };
  }

  /** All files and links of the working tree, with their modes and contents. */
  files(): Snapshot {
    const found: Record<string, string> = {};
    const visit = (folder: string): void => {
      for (const name of readdirSync(path.join(this.root, folder)).sort()) {
        const file = folder === '' ? name : `${folder}/${name}`;
        const stat = lstatSync(this.path(file));
        if (file === '.git') {
          continue;
        } else if (stat.isDirectory()) {
          visit(file);
        } else {
          found[file] = stat.isSymbolicLink()
            ? `link ${readlinkSync(this.path(file))}`
            : `${(stat.mode & 0o777).toString(8)} ${readFileSync(this.path(file)).toString('latin1')}`;
        }
      }
    };
    visit('');
    return found;
  }
}
