import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GitHubHost } from '../../../src/core/github/gitHubHost';
import { readRemote, sshQuestion } from '../../../src/core/github/gitRemote';
import { thisPlatform } from '../../../src/runtime/platform/platform';
import { GitTools } from '../../../src/git/gitTools';
import { findTool } from '../../../src/runtime/platform/tool';
import { judgeEntries, repositoryEntries } from '../../../src/ui/git/gitRepositories';
import { eventually } from '../../support/eventually';
import { isRunning } from '../../support/processes';
import { REMOTES, SSH_ANSWERS, SSH_CONFIG, type RemoteForm } from '../core/github/remotes';

const WINDOWS = process.platform === 'win32';
/** The absolute path of this machine's own program. */
const program = (name: string): string | undefined => findTool(name, thisPlatform(), []);

describe('Git and SSH, asked what remotes are', function () {
  let folder: string;
  let home: string;
  let git: string;
  let marker: string;

  before(function () {
    const found = program('git');
    if (found === undefined || WINDOWS) {
      console.log('      skipped: there is no git, or this is Windows');
      this.skip();
    }
    git = found;
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'git-tools-')));
    home = path.join(folder, 'home');
    marker = path.join(folder, 'ran');
    mkdirSync(home);
    writeFileSync(path.join(home, '.gitconfig'), '[init]\n\tdefaultBranch = main\n');
  });

  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  const env = (more: Record<string, string> = {}): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    GIT_CONFIG_GLOBAL: path.join(home, '.gitconfig'),
    GIT_CONFIG_SYSTEM: '/dev/null',
    ...more,
  });
  const tools = (more: Partial<ConstructorParameters<typeof GitTools>[0]> = {}, variables = env()): GitTools =>
    new GitTools({ strangers: () => [], host: { ...thisPlatform(), env: variables }, patience: 60_000, ...more });

  /** Creates a repository with this configuration file, plus `[core]`. */
  const init = (name: string, config: string): string => {
    const root = path.join(folder, name);
    execFileSync(git, ['init', '--quiet', root], { env: env() });
    writeFileSync(path.join(root, '.git/config'), `[core]\n\trepositoryformatversion = 0\n${config}`);
    return root;
  };
  const script = (file: string, text: string): string => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  };

  describe('git remote -v', () => {
    const origin = (fetchUrls: string[], pushUrls = fetchUrls) => [{ name: 'origin', fetchUrls, pushUrls }];
    const app = 'https://github.com/octo/app.git';

    const forms: readonly (readonly [string, string, ReturnType<typeof origin>])[] = [
      ['plain', `[remote "origin"]\n\turl = ${app}\n`, origin([app])],
      ['without a remote', '', []],
      [
        'insteadOf',
        `[url "https://github.com/"]\n\tinsteadOf = gh:\n[remote "origin"]\n\turl = gh:octo/app.git\n`,
        origin([app]),
      ],
      [
        'the longest insteadOf',
        `[url "https://gitlab.com/"]\n\tinsteadOf = x:\n[url "https://github.com/octo/"]\n\tinsteadOf = x:octo/\n[remote "origin"]\n\turl = x:octo/app.git\n`,
        origin([app]),
      ],
      [
        'pushInsteadOf',
        `[url "git@github.com:me/"]\n\tpushInsteadOf = https://github.com/octo/\n[remote "origin"]\n\turl = ${app}\n`,
        origin([app], ['git@github.com:me/app.git']),
      ],
      [
        'pushurl',
        `[remote "origin"]\n\turl = ${app}\n\tpushurl = git@github.com:me/app.git\n`,
        origin([app], ['git@github.com:me/app.git']),
      ],
      [
        'two url lines',
        `[remote "origin"]\n\turl = ${app}\n\turl = https://gitlab.com/octo/app\n`,
        origin([app], [app, 'https://gitlab.com/octo/app']),
      ],
      ['a comment behind it', `[remote "origin"]\n\turl = ${app} # https://github.com/octo/old\n`, origin([app])],
      ['commented out', `# [remote "old"]\n;\turl = x\n[remote "origin"]\n\turl = ${app} ; x\n`, origin([app])],
      ['odd case', `[REMOTE "origin"]\n\tURL=${app}\n`, origin([app])],
      [
        'quotes and a line that goes on',
        `[remote "origin"] url = "https://github.com/\\\nocto"/app.git\n`,
        origin([app]),
      ],
      [
        'an escaped newline',
        `[remote "origin"]\n\turl = ${app}\n[remote "x"]\n\turl = "a\\norigin\\thttps://github.com/evil/x (fetch)"\n`,
        origin([app]),
      ],
    ];
    for (const [index, [name, config, expected]] of forms.entries()) {
      it(`has a remote as Git uses it: ${name}`, async () => {
        const remotes = await tools().remotes(git, init(`form-${index}`, config));
        const named = remotes?.filter((remote) => remote.name === 'origin');
        if (name === 'an escaped newline') {
          // The text after the newline is a line of its own: the URL of another of the workspace's remotes.
          assert.ok(remotes?.some(({ fetchUrls }) => fetchUrls.includes(app)));
          return;
        }
        assert.deepEqual(named, expected);
      });
    }

    it('follows [include] and includeIf', async () => {
      writeFileSync(path.join(home, 'work.inc'), `[url "git@work:"]\n\tinsteadOf = https://github.com/\n`);
      const root = init(
        'included',
        `[include]\n\tpath = more\n[includeIf "gitdir:${folder}/"]\n\tpath = ${home}/work.inc\n`,
      );
      writeFileSync(path.join(root, '.git/more'), `[remote "origin"]\n\turl = ${app}\n`);
      assert.deepEqual(await tools().remotes(git, root), origin(['git@work:octo/app.git']));
    });

    it('follows the user’s own configuration, in a file and in the environment', async () => {
      const root = init('own', `[remote "origin"]\n\turl = ${app}\n`);
      const variables = env({
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'url.git@gh:.insteadOf',
        GIT_CONFIG_VALUE_0: 'https://github.com/',
      });
      assert.deepEqual(await tools({}, variables).remotes(git, root), origin(['git@gh:octo/app.git']));
    });

    it('follows config.worktree, in the one working tree and not in the other', async () => {
      const root = init('main-tree', `[extensions]\n\tworktreeConfig = true\n[remote "origin"]\n\turl = ${app}\n`);
      execFileSync(
        git,
        [
          '-C',
          root,
          '-c',
          'user.name=T',
          '-c',
          'user.email=t@example.com',
          'commit',
          '--quiet',
          '--allow-empty',
          '-m',
          'x',
        ],
        { env: env() },
      );
      const other = path.join(folder, 'other-tree');
      execFileSync(git, ['-C', root, 'worktree', 'add', '--quiet', other], { env: env() });
      execFileSync(git, ['-C', other, 'config', '--worktree', 'remote.second.url', 'git@github.com:octo/second.git'], {
        env: env(),
      });
      const names = async (at: string) => (await tools().remotes(git, at))?.map(({ name }) => name);
      assert.deepEqual(await names(root), ['origin']);
      assert.deepEqual(await names(other), ['origin', 'second']);
    });

    it('is not that of the folder around, where there is no repository any more', async () => {
      const root = init('around', `[remote "origin"]\n\turl = ${app}\n`);
      mkdirSync(path.join(root, 'inner'));
      assert.equal(await tools().remotes(git, path.join(root, 'inner')), undefined);
    });

    it('runs nothing that a repository names', async () => {
      const touch = script(path.join(folder, 'strangers/touch.sh'), `#!/bin/sh\necho "$0 $*" >> ${marker}\n`);
      const names = [
        'core.fsmonitor',
        'core.pager',
        'core.editor',
        'core.sshCommand',
        'core.askPass',
        'core.gitProxy',
        'core.alternateRefsCommand',
        'pager.remote',
        'alias.remote',
        'credential.helper',
        'diff.external',
        'gpg.program',
        'interactive.diffFilter',
        'sequence.editor',
        'uploadpack.packObjectsHook',
        'filter.x.smudge',
        'filter.x.process',
        'remote.origin.uploadpack',
        'remote.origin.vcs',
        'trace2.eventTarget',
        'ssh.variant',
        'color.pager',
      ];
      const root = init('hostile', `[remote "origin"]\n\turl = ${app}\n[extensions]\n\tpartialClone = origin\n`);
      for (const name of names.filter((one) => one !== 'remote.origin.vcs')) {
        execFileSync(git, ['-C', root, 'config', name, name.startsWith('alias') ? `!${touch}` : touch], { env: env() });
      }
      writeFileSync(path.join(root, '.gitattributes'), '* filter=x\n');
      for (const hook of ['post-index-change', 'reference-transaction', 'post-checkout', 'fsmonitor-watchman']) {
        script(path.join(root, '.git/hooks', hook), `#!/bin/sh\necho ${hook} >> ${marker}\n`);
      }
      for (const name of ['git', 'ssh', 'sh', 'less', 'cat', 'git-remote']) {
        script(path.join(root, name), `#!/bin/sh\necho ${name} >> ${marker}\n`);
      }
      const found = await tools(
        { strangers: () => [root] },
        env({ PATH: `.:${root}:${process.env['PATH'] ?? ''}` }),
      ).remotes(git, root);
      assert.deepEqual(
        found?.map(({ name }) => name),
        ['origin'],
      );
      assert.ok(!existsSync(marker), existsSync(marker) ? readFileSync(marker, 'utf8') : '');
    });

    it('is asked of no Git that is a workspace’s, or not named in full', async () => {
      const root = init('stranger', `[remote "origin"]\n\turl = ${app}\n`);
      const theirs = script(path.join(root, 'bin/git'), `#!/bin/sh\ntouch ${marker}\n`);
      const link = path.join(folder, 'link-to-git');
      symlinkSync(theirs, link);
      for (const candidate of [theirs, link, './git', 'bin/git', 'sh', path.join(folder, 'missing')]) {
        assert.equal(await tools({ strangers: () => [root] }).remotes(candidate, root), undefined, candidate);
      }
      assert.ok(!existsSync(marker));
    });

    it('is asked of the PATH’s Git, but for what there is a workspace’s, where the editor has no path for it', async () => {
      const root = init('by-name', `[remote "origin"]\n\turl = ${app}\n`);
      script(path.join(root, 'git'), `#!/bin/sh\ntouch ${marker}\n`);
      const variables = env({ PATH: `.:${root}:${path.dirname(git)}` });
      assert.deepEqual(await tools({ strangers: () => [root] }, variables).remotes('git', root), origin([app]));
      assert.equal(await tools({ strangers: () => [root] }, env({ PATH: root })).remotes('git', root), undefined);
      assert.ok(!existsSync(marker));
    });

    it('ends a Git that takes too long, with what it has started', async () => {
      const pid = path.join(folder, 'pid');
      const slow = script(path.join(folder, 'slow/git'), `#!/bin/sh\nsleep 600 &\necho $! > ${pid}\nwait\n`);
      const answer = tools({ patience: 1_500 }).remotes(slow, folder);
      await eventually('it runs', () => existsSync(pid) && readFileSync(pid, 'utf8').trim() !== '', Boolean);
      assert.equal(await answer, undefined);
      const child = Number(readFileSync(pid, 'utf8'));
      await eventually('its child is gone', () => !isRunning(child), Boolean);
    });

    it('is not known where Git fails or writes without an end', async () => {
      const fails = script(
        path.join(folder, 'fails/git'),
        '#!/bin/sh\necho "origin\thttps://github.com/o/r (fetch)"\nexit 1\n',
      );
      assert.equal(await tools().remotes(fails, folder), undefined);
      const endless = script(
        path.join(folder, 'endless/git'),
        '#!/bin/sh\nwhile :; do echo "origin\thttps://github.com/o/r (fetch)"; done\n',
      );
      assert.equal(await tools().remotes(endless, folder), undefined);
    });
  });

  describe('ssh', () => {
    /** Knows the aliases of `SSH_CONFIG`, and asks `ssh` for each name only once. */
    let aliases: ReturnType<typeof tools>;

    before(function () {
      if (program('ssh') === undefined) {
        console.log('      skipped: there is no ssh on the PATH');
        this.skip();
      }
      const file = path.join(folder, 'ssh_config');
      writeFileSync(file, SSH_CONFIG);
      aliases = tools({ sshArguments: ['-F', file] });
    });

    const bySsh = REMOTES.flatMap((form) => {
      const reading = readRemote(form[0]);
      return reading.kind === 'repository' && reading.repository.ssh !== undefined
        ? [{ form, repository: reading.repository, ssh: reading.repository.ssh }]
        : [];
    });

    it('says of each alias of the table what it stands for', async () => {
      for (const { repository, form } of bySsh) {
        const question = sshQuestion(repository);
        if (question !== undefined) {
          const own = question.host.toLowerCase();
          // A `Match` applies only with its user; all forms in the table have the user that they need.
          assert.equal(
            (await aliases.sshHost(question))?.toLowerCase(),
            SSH_ANSWERS[question.host]?.toLowerCase() ?? own,
            form[0],
          );
        }
      }
    });

    it('is handed by Git the host, the user and the port that are read here', function () {
      const log = path.join(folder, 'ssh-log');
      const spy = script(path.join(folder, 'spy/ssh.sh'), `#!/bin/sh\nprintf '%s\\n' "$@" > ${log}\nexit 1\n`);
      let compared = 0;
      for (const { form, ssh } of bySsh) {
        rmSync(log, { force: true });
        // Git takes a scheme in capitals as the name of a helper.
        const url = form[0].replace(/^SSH:/, 'ssh:');
        spawnSync(git, ['ls-remote', '--', url], {
          cwd: home,
          env: env({ GIT_SSH_COMMAND: spy, GIT_SSH_VARIANT: 'ssh' }),
        });
        const args = readFileSync(log, 'utf8').split('\n');
        const command = args.findIndex((arg) => arg.startsWith('git-upload-pack'));
        const destination = args[command - 1] ?? '';
        const port = args.includes('-p') ? args[args.indexOf('-p') + 1] : undefined;
        const at = destination.lastIndexOf('@');
        assert.equal(destination.slice(at + 1), ssh.host.replace(/^\[(.*)\]$/, '$1'), form[0]);
        assert.equal(port, ssh.port, form[0]);
        if (ssh.user !== undefined) {
          assert.equal(destination.slice(0, at), ssh.user, form[0]);
        }
        compared++;
      }
      assert.ok(compared > 80, `${compared} compared`);
    });

    it('is asked of nothing that a shell could take for more than a name', async () => {
      const config = path.join(folder, 'exec_config');
      writeFileSync(config, `Match exec "echo %n >> ${marker}"\n  HostName github.com\n`);
      const ssh = tools({ sshArguments: ['-F', config] });
      for (const host of ['-oProxyCommand=x', '$(id)', 'a;id', 'a b', '', 'a\nb', `a${'b'.repeat(300)}`]) {
        assert.equal(await ssh.sshHost({ host }), undefined, host);
      }
      assert.ok(!existsSync(marker));
      // A `Match exec` of the user's own configuration may run.
      assert.equal(await ssh.sshHost({ host: 'work' }), 'github.com');
      assert.equal(readFileSync(marker, 'utf8').trim(), 'work');
      rmSync(marker);
    });

    it('is asked once for a name, and again after it could not say', async () => {
      const count = path.join(folder, 'count');
      const bin = path.join(folder, 'counting');
      const counting = (code: number) =>
        script(path.join(bin, 'ssh'), `#!/bin/sh\necho x >> ${count}\necho hostname github.com\nexit ${code}\n`);
      const asked = () => readFileSync(count, 'utf8').split('\n').length - 1;
      counting(1);
      const ssh = tools({}, env({ PATH: `${bin}:${process.env['PATH'] ?? ''}` }));
      assert.equal(await ssh.sshHost({ host: 'work' }), undefined);
      counting(0);
      assert.deepEqual(
        await Promise.all([1, 2, 3].map(() => ssh.sshHost({ host: 'work' }))),
        Array(3).fill('github.com'),
      );
      assert.equal(asked(), 2);
      assert.equal(await ssh.sshHost({ host: 'Work' }), 'github.com');
      assert.equal(asked(), 3, 'another name');
    });

    it('is taken from no workspace, nor from a relative folder', async () => {
      const bin = path.join(folder, 'theirs');
      script(path.join(bin, 'ssh'), `#!/bin/sh\ntouch ${marker}\necho hostname github.com\n`);
      const ssh = (PATH: string) => tools({ strangers: () => [bin] }, env({ PATH })).sshHost({ host: 'work' });
      for (const PATH of [bin, '', '.', path.relative(process.cwd(), bin)]) {
        assert.equal(await ssh(PATH), undefined, PATH);
      }
      assert.ok(!existsSync(marker));
    });

    describe('with Git and the table', () => {
      const hosts: Record<string, GitHubHost> = {
        'github.com': GitHubHost.dotCom,
        'acme.ghe.com': GitHubHost.read('acme.ghe.com', '')!.host!,
        'ghes.example.com': GitHubHost.read('ghes.example.com', '')!.host!,
        'ghes.example.com:8443': GitHubHost.read('ghes.example.com:8443', '')!.host!,
      };
      /** The host of a form, by the table and the configuration above. */
      const truth = ([url, , what]: RemoteForm): string => {
        const reading = readRemote(url);
        const ssh = reading.kind === 'repository' ? reading.repository.ssh?.host : undefined;
        const host = what === 'alias' ? (SSH_ANSWERS[ssh ?? ''] ?? ssh ?? '').toLowerCase() : what;
        return host === 'ssh.github.com' ? 'github.com' : host;
      };

      for (const [name, host] of Object.entries(hosts)) {
        it(`offers all of ${name}, and nothing else`, async () => {
          const wrong: string[] = [];
          const hidden: string[] = [];
          for (const form of REMOTES) {
            const [url, fullName, what] = form;
            const reading = readRemote(url);
            const question = reading.kind === 'repository' ? sshQuestion(reading.repository) : undefined;
            const answer = question && (await aliases.sshHost(question));
            const tree = {
              root: 'file:///r',
              folder: 'r',
              isCurrent: true,
              head: undefined,
              remotes: [{ name: 'origin', urls: [url] }],
            };
            const { here } = judgeEntries(repositoryEntries([tree], () => answer).entries, { host });
            const offered = here.map((entry) => `${entry.owner}/${entry.name}`);
            const is =
              what !== 'none' &&
              what !== 'foreign' &&
              (truth(form) === name || (what === 'alias' && truth(form) === host.hostname));
            if (!is && offered.length > 0) {
              wrong.push(url);
            } else if (is && offered[0] !== fullName) {
              hidden.push(url);
            }
          }
          assert.deepEqual({ wrong, hidden }, { wrong: [], hidden: [] });
        });
      }
    });
  });
});
