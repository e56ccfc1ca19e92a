import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** How fetches and pushes of the user fail. */
export type TransportFault =
  /** SSH has no key that GitHub accepts. */
  | 'denied'
  /** Nothing is ever answered. */
  | 'hang';

const SCRIPT = 'ssh.sh';
const FAULT = 'transport-fault';

/** As Git calls it: `ssh.sh git@github.com "git-upload-pack 'owner/name.git'"`. Git itself has quoted the second argument. */
const CONTENT = `#!/bin/sh
# Takes the place of SSH for Git: answers for github.com from the repositories beside this file.
here=$(dirname "$0")
case "$(cat "$here/${FAULT}" 2>/dev/null)" in
  denied)
    echo "git@github.com: Permission denied (publickey)." >&2
    exit 255 ;;
  hang)
    # Ends with the Git that waits for it.
    exec cat >/dev/null ;;
esac
eval "set -- $2"
program=$1
name=\${2#/}
repository="$here/repositories/\${name%.git}.git"
case "$program" in
  git-upload-pack | git-receive-pack) ;;
  *) exit 128 ;;
esac
if [ ! -d "$repository" ]; then
  echo "ERROR: Repository not found." >&2
  exit 1
fi
exec git "\${program#git-}" "$repository"
`;

/**
 * Writes the script that brings the bare repositories to Git under their names on GitHub.
 *
 * @param root absolute path of the host's folder
 * @returns the configuration of a repository whose remotes are `git@github.com:owner/name.git`
 */
export async function writeTransport(root: string): Promise<Readonly<Record<string, string>>> {
  const script = path.join(root, SCRIPT);
  await writeFile(script, CONTENT);
  await chmod(script, 0o755);
  return {
    'core.sshCommand': `sh '${script.replaceAll('\\', '/').replaceAll("'", `'\\''`)}'`,
    // Git must not ask it which options it knows.
    'ssh.variant': 'simple',
  };
}

export async function setTransportFault(root: string, fault: TransportFault | undefined): Promise<void> {
  const file = path.join(root, FAULT);
  await (fault === undefined ? rm(file, { force: true }) : writeFile(file, fault));
}
