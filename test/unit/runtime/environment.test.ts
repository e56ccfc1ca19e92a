import assert from 'node:assert/strict';
import { runtimeEnvironment, secretsOf, TOKEN_VARIABLE } from '../../../src/runtime/environment';

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
    const host = { GH_HOST: 'ghe.example', COPILOT_HOME: '/c' };
    const options = { extra: { ...theirs, COPILOT_HOME: '/d' }, ownSignIn: false, platform: 'linux' } as const;
    assert.deepEqual(runtimeEnvironment({ ...theirs, ...host }, { ...options, token: 'ours' }), {
      GH_HOST: 'ghe.example',
      COPILOT_HOME: '/d',
      [TOKEN_VARIABLE]: 'ours',
    });
    assert.deepEqual(runtimeEnvironment({ ...theirs, ...host }, options), {
      GH_HOST: 'ghe.example',
      COPILOT_HOME: '/d',
    });
  });

  it('makes the editor behave as Node where it runs the script', () => {
    assert.equal(runtimeEnvironment(DROPPED, { asNode: true })['ELECTRON_RUN_AS_NODE'], '1');
  });

  it('takes names of another case for the same on Windows only', () => {
    const extra = { PATH: 'C:\\mine' };
    assert.deepEqual(runtimeEnvironment({ Path: 'C:\\theirs' }, { extra, platform: 'win32' }), extra);
    assert.deepEqual(runtimeEnvironment({ Path: '/theirs' }, { extra, platform: 'linux' }), {
      Path: '/theirs',
      PATH: 'C:\\mine',
    });
  });
});

describe('secretsOf', () => {
  it('goes by the names', () => {
    const environment = { GITHUB_TOKEN: 'a', MY_PASSWORD: 'b', API_KEY: 'c', GH_PAT: 'd', [TOKEN_VARIABLE]: 'e' };
    assert.deepEqual(secretsOf({ ...environment, PATH: '/p', GH_HOST: 'h', TOKEN_FILE: '/f', KEY_PATH: '/k' }), [
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
  });

  it('finds passwords in the URLs of proxies, as they stand there and as they are sent', () => {
    assert.deepEqual(
      secretsOf({
        HTTPS_PROXY: 'http://octo:p%40ss-word@proxy:8080',
        http_proxy: 'http://:pa@ss@proxy',
        ALL_PROXY: 'socks5://proxy:1080',
        COPILOT_API_URL: 'http://127.0.0.1:1/agents',
      }),
      ['p%40ss-word', 'p@ss-word', 'pa@ss'],
    );
  });
});
