import fs from 'node:fs';
import path from 'node:path';

/**
 * What the runtime (1.0.102: `git`, `gh`, `bwrap` and `lxc-ls` at its start, by a trace of its calls), the tools that it
 * starts, npm and this extension look for by name, and what a shell finds first.
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

/** Folders below a hostile one in which the same programs stand, for entries of a `PATH` that lead there from it. */
const PLACES = ['.', 'bin', 'node_modules/.bin', '~/x', '$HOME/x'];

/**
 * Fills a folder with executables, each of which writes down which process started it, and with the settings that tools take from
 * the folder that they are in.
 *
 * @param folder absolute path, already there
 * @param marks absolute path of a folder for the marks
 */
export function fillHostileFolder(folder: string, marks: string): void {
  // Quotes are no quotes to POSIX: a quoted absolute path leads from the working directory to a folder named `"`.
  for (const place of [...PLACES, `"${folder}/bin"`]) {
    const at = path.join(folder, place);
    fs.mkdirSync(at, { recursive: true });
    for (const name of HOSTILE_NAMES) {
      // Nothing in it is looked for by name, or it would start itself.
      fs.writeFileSync(path.join(at, name), `#!/bin/sh\necho $PPID >> '${marks}/${name}'\nexit 0\n`, { mode: 0o755 });
    }
  }
  fs.writeFileSync(path.join(folder, '.npmrc'), 'registry=http://127.0.0.1:1/hostile/\n');
  fs.writeFileSync(path.join(folder, 'package.json'), '{"name":"hostile","bin":{"copilot":"bin/copilot"}}');
}

export interface HostilePath {
  readonly name: string;
  /** The value of `PATH`; what the system has comes last in it. */
  readonly value: string;
  /** The hostile folder is open as a workspace; otherwise it is only the one that the editor was started in. */
  readonly isOpen: boolean;
}

/**
 * The kinds of `PATH` by which a program of a hostile folder can run.
 *
 * @param folder the hostile one, which is the working directory
 * @param link a link to it, elsewhere
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
