import assert from 'node:assert/strict';
import { fakeHost } from '../../../support/fakeHost';
import { runtimeEnvironment, TOKEN_VARIABLE } from '../../../../src/runtime/platform/environment';
import { secretsOf } from '../../../../src/runtime/platform/secretSources';

const DROPPED = {
  NODE_OPTIONS: '--require /tmp/hook.js',
  NODE_DEBUG: 'http',
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  ELECTRON_RUN_AS_NODE: '1',
  ELECTRON_NO_ATTACH_CONSOLE: '1',
  VSCODE_PID: '1',
  VSCODE_IPC_HOOK: '/run/x.sock',
  LD_PRELOAD: '/tmp/evil.so',
  DYLD_INSERT_LIBRARIES: '/tmp/evil.dylib',
  AWS_SECRET_ACCESS_KEY: 'planted',
  NPM_TOKEN: 'planted',
  MYPATH: '/x',
  GITHUB_WORKSPACE: '/w',
  GITHUB_RUN_ID: '1',
  GH_APP_PRIVATE_KEY: 'planted',
  [TOKEN_VARIABLE]: 'of another session',
};

const KEPT = {
  PATH: '/usr/bin',
  HOME: '/home/u',
  LANG: 'C.UTF-8',
  LC_ALL: 'C',
  https_proxy: 'http://proxy:1',
  HTTPS_PROXY: 'http://proxy:2',
  NO_PROXY: 'localhost',
  COPILOT_HOME: '/c',
  COPILOT_MC_BASE_URL: 'http://127.0.0.1:1/agents',
  GH_HOST: 'ghe.example',
  GITHUB_TOKEN: 't',
  TMPDIR: '/t',
  SSL_CERT_FILE: '/c.pem',
  NODE_EXTRA_CA_CERTS: '/c.pem',
  XDG_CONFIG_HOME: '/x',
  SystemRoot: 'C:\\Windows',
  'ProgramFiles(x86)': 'C:\\P',
};

describe('runtimeEnvironment', () => {
  it('keeps what the runtime needs, and nothing else', () => {
    assert.deepEqual(runtimeEnvironment({ ...KEPT, ...DROPPED, TERM: undefined }, { platform: 'linux' }), KEPT);
  });

  it('puts the user’s variables over it, and the token over all', () => {
    const environment = runtimeEnvironment(
      { PATH: '/usr/bin', GH_HOST: 'a' },
      {
        extra: { GH_HOST: 'b', NODE_OPTIONS: '--wanted', [TOKEN_VARIABLE]: 'theirs' },
        token: 'ours',
        platform: 'linux',
      },
    );
    assert.deepEqual(environment, {
      PATH: '/usr/bin',
      GH_HOST: 'b',
      NODE_OPTIONS: '--wanted',
      COPILOT_SDK_AUTH_TOKEN: 'ours',
    });
  });

  it('leaves the user’s own sign-ins behind where another is to be used, theirs in the settings too', () => {
    const theirs = {
      COPILOT_GITHUB_TOKEN: 'a',
      GH_TOKEN: 'b',
      GITHUB_TOKEN: 'c',
      GH_ENTERPRISE_TOKEN: 'd',
      GITHUB_ENTERPRISE_TOKEN: 'e',
      GITHUB_COPILOT_API_TOKEN: 'f',
      GITHUB_PERSONAL_ACCESS_TOKEN: 'g',
      [TOKEN_VARIABLE]: 'h',
    };
    const host = { GH_HOST: 'ghe.example', COPILOT_HOME: '/c', PATH: '/usr/bin' };
    const options = { extra: { ...theirs, COPILOT_HOME: '/d' }, ownSignIn: false, platform: 'linux' } as const;
    assert.deepEqual(runtimeEnvironment({ ...theirs, ...host }, { ...options, token: 'ours' }), {
      GH_HOST: 'ghe.example',
      PATH: '/usr/bin',
      COPILOT_HOME: '/d',
      [TOKEN_VARIABLE]: 'ours',
    });
    assert.deepEqual(runtimeEnvironment({ ...theirs, ...host }, options), {
      GH_HOST: 'ghe.example',
      PATH: '/usr/bin',
      COPILOT_HOME: '/d',
    });
  });

  it('keeps nothing that makes a program run code from elsewhere', () => {
    const names = [
      'LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT DYLD_INSERT_LIBRARIES DYLD_LIBRARY_PATH GCONV_PATH LOCPATH',
      'NODE_PATH NODE_OPTIONS NODE_REPL_EXTERNAL_MODULE BASH_ENV ENV ZDOTDIR PROMPT_COMMAND SHELLOPTS CDPATH IFS PS4',
      'PYTHONPATH PYTHONSTARTUP PYTHONHOME PERL5LIB PERL5OPT RUBYLIB RUBYOPT GEM_PATH CLASSPATH JAVA_TOOL_OPTIONS',
      'GIT_EXEC_PATH GIT_SSH GIT_SSH_COMMAND GIT_EDITOR GIT_PAGER GIT_EXTERNAL_DIFF GIT_ASKPASS GIT_PROXY_COMMAND',
      'GIT_CONFIG GIT_CONFIG_GLOBAL GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_TEMPLATE_DIR GIT_DIR GIT_WORK_TREE',
      'EDITOR VISUAL PAGER MANPAGER LESSOPEN LESSCLOSE SSH_ASKPASS SUDO_ASKPASS RIPGREP_CONFIG_PATH PWD OLDPWD',
      'npm_config_prefix npm_config_script_shell npm_config_globalconfig NVM_DIR VOLTA_HOME PNPM_HOME GOFLAGS MAKEFLAGS',
      'OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES SSLKEYLOGFILE GTK_MODULES QT_PLUGIN_PATH ELECTRON_RUN_AS_NODE',
      'COPILOT_CLI_PATH COPILOT_CLI_DIST_DIR COPILOT_CLI_RESOLVED_DIST_DIR COPILOT_CLI_RUN_AS_NODE COPILOT_RUN_APP',
      'COPILOT_AHP_HOST_BIN COPILOT_PROVIDER_API_KEY_COMMAND COPILOT_EDITOR COPILOT_DEBUG_VOICE_ENGINE_SCRIPT',
      'COPILOT_ALLOW_ALL COPILOT_PLUGIN_ROOT COPILOT_PROJECT_DIR COPILOT_PROMPT_MODE_REPO_HOOKS COPILOT_DEBUG_BROWSER',
      'COPILOT_PROMPT_MODE_WORKSPACE_MCP COPILOT_PROMPT_MODE_EXTENSIONS COPILOT_SEA_EXTRACT_ONLY COPILOT_TEST_X',
      'COPILOT_LOADER_PID COPILOT_DETACHED_SESSION COPILOT_AGENT_SESSION_ID COPILOT_SUPERVISED',
    ].flatMap((line) => line.split(' '));
    const inherited = Object.fromEntries(names.map((name) => [name, '/x']));
    assert.deepEqual(runtimeEnvironment({ ...inherited, PATH: '/usr/bin' }, { platform: 'linux' }), {
      PATH: '/usr/bin',
    });
  });

  describe('leaves relative places behind, and says so', () => {
    const grounds = fakeHost({}, { workspaceFolders: ['/w/app'] });
    const built = (inherited: Record<string, string>, extra = {}): [Record<string, string>, string[]] => {
      const said: string[] = [];
      const onDropped = (what: string, why: string): number => said.push(`${what}: ${why}`);
      return [runtimeEnvironment(inherited, { extra, platform: 'linux', grounds, onDropped }), said];
    };

    it('on the PATH, of the settings too; it is never empty', () => {
      const standard = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';
      for (const [value, expected] of [
        ['.:/usr/bin', '/usr/bin'],
        ['/usr/bin:', '/usr/bin'],
        [':/usr/bin', '/usr/bin'],
        ['/usr/bin::/bin', '/usr/bin:/bin'],
        ['~/x:bin:./b:../c:"/q":$HOME/x:/usr/bin', '/usr/bin'],
        ['/w/app/node_modules/.bin:/usr/bin:/w/application', '/usr/bin:/w/application'],
        ['/w/app:/usr/bin:/w/app/', '/usr/bin'],
        ['/x/../w/app/bin:/usr/bin', '/usr/bin'],
        ['/proc/self/cwd:/dev/fd/3:/usr/bin', '/usr/bin'],
        ['.', standard],
        ['', standard],
      ] as const) {
        const [environment, said] = built({ PATH: value });
        assert.equal(environment['PATH'], expected, value);
        assert.equal(said.length > 0, value !== '', value);
        assert.equal(built({}, { PATH: value })[0]['PATH'], expected, value);
      }
      assert.equal(built({})[0]['PATH'], standard);
      assert.deepEqual(built({ PATH: '/w/app/.bin' })[1], [
        '“/w/app/.bin” in PATH: it is inside the workspace folder /w/app',
      ]);
    });

    it('of folders, files and programs', () => {
      const relative = {
        HOME: 'home',
        XDG_CONFIG_HOME: '.config',
        XDG_RUNTIME_DIR: './run',
        XDG_STATE_HOME: '',
        TMPDIR: 'tmp',
        SHELL: './sh',
        COPILOT_HOME: '.copilot',
        COPILOT_CACHE_HOME: '~/cache',
        GH_CONFIG_DIR: 'gh',
        NODE_EXTRA_CA_CERTS: 'ca.pem',
        BROWSER: 'firefox:./browser %s',
      };
      const workspace = {
        SHELL: '/w/app/sh',
        COPILOT_HOME: '/w/app/.copilot',
        XDG_CONFIG_HOME: '/w/app/.config',
        BROWSER: '/w/app/browser',
        DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/bus;unixexec:path=/w/app/x',
        COPILOT_SKILLS_DIRS: '/w/app/skills',
      };
      for (const variables of [relative, workspace]) {
        const [{ PATH, ...environment }, said] = built(variables);
        assert.ok(PATH);
        assert.deepEqual(environment, {});
        assert.equal(said.length, Object.keys(variables).length);
      }
      const kept = { XDG_CURRENT_DESKTOP: 'GNOME', XDG_SESSION_TYPE: 'x11', BROWSER: 'firefox', SHELL: '/bin/sh' };
      assert.deepEqual(built({ ...kept, XDG_DATA_DIRS: 'share:/usr/share:' })[0], {
        ...kept,
        XDG_DATA_DIRS: '/usr/share',
        PATH: built({})[0]['PATH'],
      });
      assert.equal(built({}, { COPILOT_HOME: '/w/app/.copilot' })[0]['COPILOT_HOME'], '/w/app/.copilot');
    });
  });

  it('makes the editor behave as Node where it runs the script', () => {
    assert.equal(runtimeEnvironment(DROPPED, { asNode: true })['ELECTRON_RUN_AS_NODE'], '1');
  });

  it('takes names of another case for the same on Windows only', () => {
    const extra = { PATH: 'C:\\mine' };
    assert.deepEqual(runtimeEnvironment({ Path: 'C:\\theirs' }, { extra, platform: 'win32' }), {
      ...extra,
      // Otherwise its shell would search the working directory first.
      NoDefaultCurrentDirectoryInExePath: '1',
    });
    assert.deepEqual(runtimeEnvironment({ Path: '/theirs' }, { extra: { PATH: '/mine' }, platform: 'linux' }), {
      Path: '/theirs',
      PATH: '/mine',
    });
  });
});

describe('secretsOf', () => {
  it('goes by the names', () => {
    const environment = {
      GITHUB_TOKEN: 'a',
      MY_PASSWORD: 'b',
      API_KEY: 'c',
      GH_PAT: 'd',
      [TOKEN_VARIABLE]: 'e',
      MYSQL_PWD: 'f',
      BASIC_AUTH: 'g',
    };
    assert.deepEqual(
      secretsOf({
        ...environment,
        PWD: '/p',
        OLDPWD: '/p',
        PATH: '/p',
        GH_HOST: 'h',
        TOKEN_FILE: '/f',
        KEY_PATH: '/k',
      }),
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
    );
  });

  it('finds passwords in the URLs of proxies, as they stand there and as they are sent', () => {
    assert.deepEqual(
      secretsOf({
        HTTPS_PROXY: 'http://octo:p%40ss-word@proxy:8080',
        http_proxy: 'http://:pa@ss@proxy',
        FTP_PROXY: 'octo:bare-word@proxy:8080',
        ALL_PROXY: 'socks5://proxy:1080',
        COPILOT_API_URL: 'http://127.0.0.1:1/agents',
      }),
      ['p%40ss-word', 'p@ss-word', 'pa@ss', 'bare-word'],
    );
  });
});
