import assert from 'node:assert/strict';
import {
  EDITOR_NETWORK_DEFAULTS,
  isExcepted,
  networkSignature,
  proxyFor,
  withNetwork,
  type EditorNetwork,
  type NetworkNote,
} from '../../../../src/runtime/network/runtimeNetwork';
import { runtimeEnvironment } from '../../../../src/runtime/platform/environment';

const A = 'http://a.example:8080';
const B = 'http://b.example:8080';
const C = 'http://c.example:8080';
const LOOPBACK = 'localhost,127.0.0.1,::1,[::1]';
type Variables = Record<string, string>;

interface Given {
  readonly editor?: Partial<EditorNetwork>;
  readonly inherited?: Variables;
  readonly extra?: Variables;
  readonly platform?: NodeJS.Platform;
}

function network({ editor = {}, inherited = {}, extra = {}, platform = 'linux' }: Given): {
  environment: Variables;
  notes: readonly NetworkNote[];
} {
  // The search path is always present and not tested here.
  const {
    PATH: _path,
    NoDefaultCurrentDirectoryInExePath: _current,
    ...environment
  } = runtimeEnvironment(inherited, { extra, platform });
  return withNetwork(environment, {
    inherited,
    extra,
    editor: { ...EDITOR_NETWORK_DEFAULTS, ...editor },
    platform,
  });
}

/** The variables of the runtime: the proxy for https, the one for http, and the exceptions. */
function proxyVariables(given: Given): readonly (string | undefined)[] {
  const { environment } = network(given);
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']) {
    assert.equal(environment[name.toLowerCase()], environment[name], `${name} in both spellings`);
  }
  return [environment['HTTPS_PROXY'], environment['HTTP_PROXY'], environment['NO_PROXY']];
}

describe('withNetwork', () => {
  const table: readonly (readonly [string, Given, readonly (string | undefined)[]])[] = [
    ['nothing is set', {}, [undefined, undefined, undefined]],
    ['http.proxy', { editor: { proxy: A } }, [A, A, LOOPBACK]],
    ['HTTPS_PROXY', { inherited: { HTTPS_PROXY: A } }, [A, undefined, LOOPBACK]],
    ['https_proxy', { inherited: { https_proxy: A } }, [A, undefined, LOOPBACK]],
    ['HTTP_PROXY alone is for both', { inherited: { HTTP_PROXY: A } }, [A, A, LOOPBACK]],
    ['http_proxy alone is for both', { inherited: { http_proxy: A } }, [A, A, LOOPBACK]],
    ['lower case goes first', { inherited: { HTTPS_PROXY: A, https_proxy: B } }, [B, undefined, LOOPBACK]],
    [
      'lower case with nothing in it does not',
      { inherited: { HTTPS_PROXY: A, https_proxy: '' } },
      [A, undefined, LOOPBACK],
    ],
    ['ALL_PROXY, which the runtime does not know', { inherited: { ALL_PROXY: A } }, [A, A, LOOPBACK]],
    ['all_proxy', { inherited: { all_proxy: A } }, [A, A, LOOPBACK]],
    ['ALL_PROXY comes after the others', { inherited: { ALL_PROXY: A, HTTPS_PROXY: B } }, [B, A, LOOPBACK]],
    [
      'http.proxy over the environment',
      { editor: { proxy: A }, inherited: { HTTPS_PROXY: B, HTTP_PROXY: C } },
      [A, A, LOOPBACK],
    ],
    [
      'runtime.env over all',
      { extra: { HTTPS_PROXY: C }, editor: { proxy: A }, inherited: { HTTPS_PROXY: B } },
      [C, A, LOOPBACK],
    ],
    [
      'runtime.env says none',
      { extra: { HTTPS_PROXY: '', HTTP_PROXY: '' }, editor: { proxy: A } },
      [undefined, undefined, undefined],
    ],
    [
      'proxySupport off',
      { editor: { proxy: A, proxySupport: 'off' }, inherited: { HTTPS_PROXY: B } },
      [B, undefined, LOOPBACK],
    ],
    [
      'SOCKS in http.proxy: the environment’s',
      { editor: { proxy: 'socks5://a.example:1080' }, inherited: { HTTPS_PROXY: B } },
      [B, undefined, LOOPBACK],
    ],
    [
      'SOCKS in HTTPS_PROXY ends 1.0.55',
      { inherited: { HTTPS_PROXY: 'socks5://a.example:1080' } },
      [undefined, undefined, undefined],
    ],
    [
      'no address in HTTPS_PROXY ends 1.0.55',
      { inherited: { HTTPS_PROXY: 'http://:99999' } },
      [undefined, undefined, undefined],
    ],
    ['nor words', { inherited: { https_proxy: 'not an address' } }, [undefined, undefined, undefined]],
    [
      'http.proxy without a scheme VS Code ignores',
      { editor: { proxy: 'a.example:8080' } },
      [undefined, undefined, undefined],
    ],
    ['a variable without a scheme', { inherited: { HTTPS_PROXY: 'a.example:8080' } }, [A, undefined, LOOPBACK]],
    ['NO_PROXY without a proxy stays', { inherited: { NO_PROXY: 'x.example' } }, [undefined, undefined, 'x.example']],
    [
      'NO_PROXY',
      { inherited: { HTTPS_PROXY: A, no_proxy: 'x.example, localhost' } },
      [A, undefined, 'x.example,localhost,127.0.0.1,::1,[::1]'],
    ],
    ['NO_PROXY for all', { inherited: { HTTPS_PROXY: A, NO_PROXY: '*' } }, [A, undefined, '*']],
    [
      'http.noProxy in place of NO_PROXY',
      { editor: { noProxy: ['y.example', ' '] }, inherited: { HTTPS_PROXY: A, NO_PROXY: 'x.example' } },
      [A, undefined, `y.example,${LOOPBACK}`],
    ],
    [
      'runtime.env’s NO_PROXY over both',
      { extra: { NO_PROXY: 'z.example' }, editor: { proxy: A, noProxy: ['y.example'] } },
      [A, A, `z.example,${LOOPBACK}`],
    ],
  ];
  for (const [name, given, expected] of table) {
    it(`${name}: ${expected.map(String).join(' ')}`, () => {
      assert.deepEqual(proxyVariables(given), expected);
    });
  }

  it('puts user and password of http.proxyAuthorization into the address', () => {
    const proxyAuthorization = `Basic ${Buffer.from('octo:p@ss:w/rd').toString('base64')}`;
    const [https] = proxyVariables({ editor: { proxy: A, proxyAuthorization } });
    assert.equal(https, 'http://octo:p%40ss%3Aw%2Frd@a.example:8080/');
    const [own] = proxyVariables({ editor: { proxy: 'http://mona:x@a.example:8080', proxyAuthorization } });
    assert.equal(own, 'http://mona:x@a.example:8080');
    const [others] = proxyVariables({ editor: { proxyAuthorization }, extra: { HTTPS_PROXY: A } });
    assert.equal(others, A, 'they are not for a proxy that only the runtime has');
  });

  it('says of each that cannot reach the runtime that it does not, and what helps', () => {
    const given: readonly (readonly [string, Given])[] = [
      ['http.proxyStrictSSL', { editor: { proxyStrictSSL: false } }],
      ['http.systemCertificates', { editor: { systemCertificates: false } }],
      ['http.proxyAuthorization', { editor: { proxyAuthorization: 'Negotiate abc' } }],
      ['http.proxyKerberosServicePrincipal', { editor: { proxyKerberosServicePrincipal: 'HTTP/proxy' } }],
      ['http.proxySupport', { editor: { proxy: A, proxySupport: 'off' } }],
      ['http.proxy', { editor: { proxy: 'socks5://a.example:1080' } }],
      ['http.proxy', { editor: { proxy: 'a.example' } }],
      ['HTTPS_PROXY', { inherited: { HTTPS_PROXY: 'socks4://a.example:1080' } }],
      ['HTTP_PROXY', { extra: { http_proxy: 'http://' } }],
      ['ALL_PROXY', { inherited: { all_proxy: 'socks5h://a.example:1080' } }],
      ['NODE_TLS_REJECT_UNAUTHORIZED', { extra: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }],
    ];
    for (const [subject, one] of given) {
      const { notes } = network(one);
      assert.deepEqual(
        notes.map((note) => note.subject),
        [subject],
      );
      assert.ok(notes.every(({ finding, remedy }) => finding !== '' && remedy.endsWith('.')));
    }
    assert.deepEqual(network({ editor: { proxy: A, noProxy: ['x'] }, inherited: { HTTPS_PROXY: B } }).notes, []);
  });

  it('passes the files of certificates on, and the wish for the system’s', () => {
    const files = { NODE_EXTRA_CA_CERTS: '/a.pem', SSL_CERT_FILE: '/b.pem', SSL_CERT_DIR: '/c' };
    assert.deepEqual(network({ inherited: files }).environment, { ...files, NODE_USE_SYSTEM_CA: '1' });
    assert.deepEqual(network({ inherited: { NODE_USE_SYSTEM_CA: '0' } }).environment, { NODE_USE_SYSTEM_CA: '0' });
    assert.deepEqual(network({ editor: { systemCertificates: false } }).environment, {});
  });

  it('uses one spelling on Windows, whatever it was', () => {
    const { environment } = network({ inherited: { Https_Proxy: A, no_proxy: 'x' }, platform: 'win32' });
    assert.deepEqual(environment, { HTTPS_PROXY: A, NO_PROXY: `x,${LOOPBACK}`, NODE_USE_SYSTEM_CA: '1' });
  });

  it('tells apart what makes a difference', () => {
    const signature = (given: Given): string => networkSignature(network(given).environment);
    const before = signature({ editor: { proxy: A } });
    assert.equal(signature({ editor: { proxy: ` ${A}`, proxyStrictSSL: false, proxySupport: 'on' } }), before);
    assert.equal(signature({ editor: { proxy: A }, inherited: { HTTPS_PROXY: B, PATH: '/bin' } }), before);
    assert.notEqual(signature({ editor: { proxy: B } }), before);
    assert.notEqual(signature({ editor: { proxy: A, noProxy: ['x'] } }), before);
    assert.notEqual(signature({ editor: { proxy: A }, extra: { NODE_EXTRA_CA_CERTS: '/a.pem' } }), before);
  });
});

describe('proxyFor', () => {
  it('goes by scheme and exceptions', () => {
    const environment = { HTTPS_PROXY: A, http_proxy: B, NO_PROXY: 'x.example' };
    assert.equal(proxyFor(new URL('https://y.example/'), environment)?.host, 'a.example:8080');
    assert.equal(proxyFor(new URL('http://y.example/'), environment)?.host, 'b.example:8080');
    assert.equal(proxyFor(new URL('https://sub.x.example/'), environment), undefined);
  });

  // Each was also tried on runtimes 1.0.102 and 1.0.55.
  const excepted: readonly (readonly [string, string, boolean])[] = [
    ['https://api.cloud.test', 'api.cloud.test', true],
    ['https://api.cloud.test', '.cloud.test', true],
    ['https://api.cloud.test', '*.cloud.test', true],
    ['https://api.cloud.test', 'cloud.test', true],
    ['https://api.cloud.test', '*', true],
    ['https://api.cloud.test', 'api.cloud.test:443', true],
    ['https://api.cloud.test', 'x.y,API.cloud.test', true],
    ['https://api.cloud.test', 'api.cloud.test:80', false],
    ['https://api.cloud.test', 'loud.test', false],
    ['https://api.cloud.test', '', false],
    ['http://[::1]:8080', '[::1]', true],
    ['http://[::1]:8080', '::1', true],
    ['http://[::1]:8080', '[::1]:8080', true],
    ['http://127.0.0.1:1', LOOPBACK, true],
  ];
  for (const [url, list, expected] of excepted) {
    it(`${url} is ${expected ? '' : 'not '}excepted by “${list}”`, () => {
      assert.equal(isExcepted(new URL(url), list), expected);
    });
  }
});
