import fs from 'node:fs';
import path from 'node:path';

/**
 * Program names that are looked up by the runtime (1.0.102: `git`, `gh`, `bwrap` and `lxc-ls` at its start, according
 * to a trace of its calls), by the tools that it starts, by npm, by this extension and by shells.
 */
export const HOSTILE_NAMES = [
  ...[
    'copilot',
    'copilot.cmd',
    'copilot-runtime',
    'node',
    'npm',
    'npx',
    'pnpm',
    'yarn',
    'corepack',
    'bun',
    'deno',
    'tsx',
  ],
  ...[
    'git',
    'gh',
    'git-remote-https',
    'git-credential-manager',
    'git-lfs',
    'hub',
    'glab',
    'ssh',
    'ssh-keygen',
    'ssh-add',
  ],
  ...[
    'bwrap',
    'lxc-ls',
    'docker',
    'podman',
    'wslpath',
    'sandbox-exec',
    'firejail',
    'unshare',
    'nsenter',
    'tmux',
    'screen',
  ],
  ...['sh', 'bash', 'dash', 'zsh', 'fish', 'pwsh', 'powershell', 'cmd', 'env', 'sudo', 'su', 'login', 'script'],
  ...[
    'ps',
    'kill',
    'pkill',
    'pgrep',
    'taskkill',
    'tasklist',
    'wmic',
    'lsof',
    'pstree',
    'uname',
    'id',
    'whoami',
    'hostname',
  ],
  ...[
    'security',
    'secret-tool',
    'pass',
    'gpg',
    'dbus-send',
    'dbus-launch',
    'xdg-open',
    'open',
    'start',
    'xdg-settings',
  ],
  ...[
    'which',
    'where',
    'type',
    'getconf',
    'ldd',
    'ldconfig',
    'file',
    'lsb_release',
    'sw_vers',
    'sysctl',
    'arch',
    'getprop',
  ],
  ...['cat', 'ls', 'rm', 'mkdir', 'cp', 'mv', 'sed', 'awk', 'grep', 'rg', 'find', 'xargs', 'head', 'tail', 'tr', 'cut'],
  ...[
    'dirname',
    'basename',
    'readlink',
    'realpath',
    'cygpath',
    'stat',
    'test',
    'expr',
    'date',
    'sleep',
    'tee',
    'printf',
  ],
  ...[
    'python',
    'python3',
    'perl',
    'ruby',
    'curl',
    'wget',
    'tar',
    'gzip',
    'unzip',
    'pbcopy',
    'pbpaste',
    'xclip',
    'xsel',
  ],
  ...['wl-copy', 'wl-paste', 'clip', 'osascript', 'notify-send', 'code', 'vim', 'nano', 'less', 'more', 'stty', 'tput'],
];

/** Folders below a hostile one that contain the same programs, for entries of a `PATH` that are relative to it. */
const PLACES = ['.', 'bin', 'node_modules/.bin', '~/x', '$HOME/x'];

/**
 * Fills a folder with executables, each of which records the process that started it, and with settings files that
 * tools read from their working directory.
 *
 * @param folder absolute path of an existing folder
 * @param marks absolute path of a folder for the records
 */
export function fillHostileFolder(folder: string, marks: string): void {
  // POSIX gives quotes no meaning: a quoted absolute path leads from the working directory to a folder named `"`.
  for (const place of [...PLACES, `"${folder}/bin"`]) {
    const at = path.join(folder, place);
    fs.mkdirSync(at, { recursive: true });
    for (const name of HOSTILE_NAMES) {
      // The script calls no program by name, otherwise it would start itself.
      fs.writeFileSync(path.join(at, name), `#!/bin/sh\necho $PPID >> '${marks}/${name}'\nexit 0\n`, { mode: 0o755 });
    }
  }
  fs.writeFileSync(path.join(folder, '.npmrc'), 'registry=http://127.0.0.1:1/hostile/\n');
  fs.writeFileSync(path.join(folder, 'package.json'), '{"name":"hostile","bin":{"copilot":"bin/copilot"}}');
}

export interface HostilePath {
  readonly name: string;
  /** The value of `PATH`. The entries of the system come last, except in the kinds that test an entry at the end. */
  readonly value: string;
  /**
   * Whether the hostile folder is open as a workspace. Otherwise it is only the folder that the editor was started in.
   */
  readonly isOpen: boolean;
}

/**
 * The kinds of `PATH` by which a program of a hostile folder could run.
 *
 * @param folder the hostile folder, which is the working directory
 * @param link a symbolic link to it, in another folder
 * @param system the `PATH` of the system
 */
export function hostilePaths(folder: string, link: string, system: string): readonly HostilePath[] {
  const within = (name: string, entry: string, isOpen = false): HostilePath => ({
    name,
    value: `${entry}:${system}`,
    isOpen,
  });
  const above = path.basename(folder);
  return [
    within('a dot first', '.'),
    within('an empty entry first', ''),
    within('an empty entry within', '/nonexistent:'),
    { name: 'a colon at the end', value: `${system}:`, isOpen: false },
    { name: 'a dot at the end', value: `${system}:.`, isOpen: false },
    within('a relative folder', 'bin'),
    within('a relative folder with a dot', './bin'),
    within('a relative folder from above', `../${above}/bin`),
    within('a home folder that nothing expands', '~/x'),
    within('a variable that nothing expands', '$HOME/x'),
    within('quotes', `"${folder}/bin"`),
    within('the working directory as /proc has it', '/proc/self/cwd/bin'),
    within('the workspace’s absolute folder', path.join(folder, 'node_modules/.bin'), true),
    within('the workspace itself', folder, true),
    within('the workspace, by a way around', `/usr/..${folder}/bin/../bin/`, true),
    within('a link to the workspace', path.join(link, 'bin'), true),
    { name: 'nothing but a dot', value: '.', isOpen: false },
    { name: 'nothing', value: '', isOpen: false },
  ];
}
