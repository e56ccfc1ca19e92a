import * as l10n from '@vscode/l10n';
import type { NetworkNote } from '../../runtime/network/runtimeNetwork';
import type { NetworkFault } from '../../runtime/network/networkFault';
import type { EndpointReport, NetworkReport } from '../../runtime/network/networkProbe';
import type { TrustProblem } from '../../runtime/network/networkTrust';
import type { Check } from './diagnosis';

/** The network as a runtime would reach it. */
export interface NetworkFacts {
  /** Settings and variables that do not reach the runtime as they are set. */
  readonly notes: readonly NetworkNote[];
  /** `undefined` if the network was not probed; `reason` says why. */
  readonly report: NetworkReport | undefined;
  readonly reason?: string;
}

/** The values that the messages about an endpoint contain. */
interface Seen {
  readonly hostname: string;
  /** `host:port`; empty without a proxy. */
  readonly proxy: string;
  /** An error's code, a status or a part of a certificate; may be empty. */
  readonly detail: string;
}

const TRUST = l10n.t(
  'Get the authority’s certificate as a PEM file from your network administrator, and name that file in `NODE_EXTRA_CA_CERTS` in `cloudSessions.runtime.env`.',
);
const PROXY_SETTINGS = l10n.t(
  'The proxy is set in `http.proxy`, or as `HTTPS_PROXY` in `cloudSessions.runtime.env` or in the environment.',
);
const SET_PROXY = l10n.t(
  'If programs on this machine need a proxy, set it in `http.proxy`: the runtime does not use the system’s proxy settings.',
);
const PERCENT_ENCODING = l10n.t('Special characters must be percent-encoded.');
const CHECK_CLOCK = l10n.t('Check this machine’s clock first.');
const NO_PROXY = l10n.t('No proxy is set for it.');

const allowHost = (hostname: string): string => l10n.t('Ask your network administrator to allow `{0}`.', hostname);
const contactOperator = (hostname: string): string =>
  l10n.t('If the clock is right, contact the administrator of `{0}`.', hostname);
const clock = (): string => l10n.t('This machine’s clock says {0}.', new Date().toUTCString());

/** Sentences of each fault: what was found, and what to do. */
type Sentences = readonly [finding: (seen: Seen) => readonly string[], remedy: (seen: Seen) => readonly string[]];

const FAULTS: Readonly<Record<NetworkFault, Sentences>> = {
  'proxy-refused': [
    ({ proxy, detail }) => [
      withDetail(l10n.t('The proxy `{0}` is not reachable: the connection was refused.', proxy), detail),
    ],
    () => [l10n.t('Start the proxy, or correct or remove its address.'), PROXY_SETTINGS],
  ],
  'proxy-unknown': [
    ({ proxy, detail }) => [withDetail(l10n.t('The host name of the proxy `{0}` cannot be resolved.', proxy), detail)],
    () => [
      l10n.t('Correct the address of the proxy, or connect to the network in which it is known, such as a VPN.'),
      PROXY_SETTINGS,
    ],
  ],
  'proxy-silent': [
    ({ proxy }) => [l10n.t('The proxy `{0}` does not answer.', proxy)],
    () => [l10n.t('Check the address of the proxy, and whether it can be reached from this network.'), PROXY_SETTINGS],
  ],
  'proxy-broken': [
    ({ proxy, detail }) => [withDetail(l10n.t('The proxy `{0}` does not answer like an HTTP proxy.', proxy), detail)],
    () => [l10n.t('Check the scheme, host and port of the proxy.'), PROXY_SETTINGS],
  ],
  'proxy-authentication': [
    ({ proxy, detail }) => [l10n.t('The proxy `{0}` requires authentication (407, {1}).', proxy, detail)],
    ({ detail }) =>
      /basic/i.test(detail) || detail === '407'
        ? [l10n.t('Set user and password in `http.proxy`: `http://USER:PASSWORD@HOST:PORT`.'), PERCENT_ENCODING]
        : [
            l10n.t(
              'The runtime supports only user and password (Basic authentication). Use a local proxy that authenticates with this one.',
            ),
          ],
  ],
  'proxy-credentials': [
    ({ proxy, detail }) => [l10n.t('The proxy `{0}` rejects the user and password (407, {1}).', proxy, detail)],
    () => [l10n.t('Correct the user and password.'), PERCENT_ENCODING, PROXY_SETTINGS],
  ],
  'proxy-blocks': [
    ({ proxy, hostname, detail }) => [
      l10n.t('The proxy `{0}` does not allow connections to `{1}` ({2}).', proxy, hostname, detail),
    ],
    ({ hostname }) => [l10n.t('Ask your network administrator to allow `{0}` in the proxy.', hostname)],
  ],
  'proxy-cannot-reach': [
    ({ proxy, hostname, detail }) => [
      l10n.t('The proxy `{0}` answers, but cannot reach `{1}` ({2}).', proxy, hostname, detail),
    ],
    ({ hostname }) => [
      l10n.t('Check the host name `{0}`. If it is correct, contact the administrator of the proxy.', hostname),
    ],
  ],
  'proxy-authority-unknown': [
    ({ proxy, detail }) => [
      l10n.t('The certificate of the proxy `{0}` is from an authority that is not trusted here: {1}', proxy, detail),
    ],
    () => [TRUST],
  ],
  'proxy-certificate': [
    ({ proxy, detail }) => [l10n.t('The certificate of the proxy `{0}` is not valid: {1}', proxy, detail)],
    () => [CHECK_CLOCK, l10n.t('If the clock is right, contact the administrator of the proxy.')],
  ],
  'host-refused': [
    ({ hostname, detail }) => [
      withDetail(l10n.t('The connection to `{0}` is refused or blocked.', hostname), detail),
      NO_PROXY,
    ],
    ({ hostname }) => [allowHost(hostname), SET_PROXY],
  ],
  'host-silent': [
    ({ hostname }) => [l10n.t('`{0}` does not answer.', hostname)],
    ({ hostname }) => [l10n.t('A firewall may drop the connection.'), allowHost(hostname), SET_PROXY],
  ],
  'host-unknown': [
    ({ hostname, detail }) => [
      withDetail(l10n.t('The host name `{0}` cannot be resolved.', hostname), detail),
      NO_PROXY,
    ],
    () => [l10n.t('Check the network connection, its DNS servers, and the host name.'), SET_PROXY],
  ],
  'host-reset': [
    ({ hostname, detail }) => [
      withDetail(l10n.t('The connection to `{0}` is closed during the TLS handshake.', hostname), detail),
    ],
    ({ hostname }) => [
      l10n.t('A firewall may block the connection because of the host name.'),
      allowHost(hostname),
      SET_PROXY,
    ],
  ],
  'host-no-tls': [
    ({ hostname }) => [l10n.t('The answer of `{0}` is not TLS.', hostname)],
    () => [
      l10n.t('A captive portal may intercept the connection: open a page in a browser.'),
      l10n.t('Otherwise check the address and port.'),
    ],
  ],
  'authority-unknown': [
    ({ hostname, detail }) => [
      l10n.t('The certificate of `{0}` is from an authority that is not trusted here: {1}', hostname, detail),
    ],
    () => [l10n.t('If the network inspects TLS connections, this is its own authority.'), TRUST],
  ],
  'certificate-expired': [
    ({ hostname, detail }) => [l10n.t('The certificate of `{0}` has expired ({1}).', hostname, detail), clock()],
    ({ hostname }) => [CHECK_CLOCK, contactOperator(hostname)],
  ],
  'certificate-early': [
    ({ hostname, detail }) => [
      l10n.t('The certificate of `{0}` is not valid yet (from {1}).', hostname, detail),
      clock(),
    ],
    ({ hostname }) => [CHECK_CLOCK, contactOperator(hostname)],
  ],
  'certificate-name': [
    ({ hostname, detail }) => [l10n.t('The certificate of `{0}` is for other names: {1}', hostname, detail)],
    () => [
      l10n.t('A captive portal or a wrong address may be the cause: open a page in a browser, and check `GH_HOST`.'),
    ],
  ],
  'certificate-invalid': [
    ({ hostname, detail }) => [l10n.t('The certificate of `{0}` is rejected: {1}', hostname, detail)],
    ({ hostname }) => [
      l10n.t('Contact your network administrator, or the administrator of `{0}`, with this text.', hostname),
    ],
  ],
};

function withDetail(sentence: string, detail: string): string {
  return detail === '' ? sentence : `${sentence} (${detail})`;
}

/** The checks of the network: certificate files, then hosts, then settings that do not reach the runtime. */
export function networkChecks({ notes, report, reason }: NetworkFacts): readonly Check[] {
  return [
    ...(report === undefined
      ? [
          {
            name: l10n.t({ message: 'Network', comment: ['The name of a check in the diagnosis'] }),
            verdict: 'unknown',
            finding: reason ?? l10n.t('The network was not probed in time.'),
          } as const,
        ]
      : [...report.problems.map(certificateFile), ...report.endpoints.map(endpoint)]),
    ...notes.map(({ subject, finding, remedy }) => ({ name: subject, verdict: 'unknown', finding, remedy }) as const),
  ];
}

const FILE_PROBLEMS: Readonly<Record<TrustProblem['reason'], (path: string) => string>> = {
  missing: (path) => l10n.t('The file `{0}` does not exist.', path),
  unreadable: (path) => l10n.t('The file `{0}` cannot be read.', path),
  'not-pem': (path) => l10n.t('The file `{0}` contains no certificate in PEM format.', path),
};

function certificateFile({ variable, path, reason }: TrustProblem): Check {
  const effect =
    variable === 'NODE_EXTRA_CA_CERTS'
      ? l10n.t('The certificates that it should add are not trusted.')
      : l10n.t('It replaces the system’s certificates, so the runtime may trust none.');
  return {
    name: l10n.t('Certificates in `{0}`', variable),
    verdict: 'fails',
    finding: `${FILE_PROBLEMS[reason](path)} ${effect}`,
    remedy: l10n.t('Correct `{0}` in `cloudSessions.runtime.env` or in the environment, or remove it.', variable),
  };
}

function endpoint({ role, url, proxy, fault, detail = '' }: EndpointReport): Check {
  const name = l10n.t('Network: {0} (`{1}`)', role, url.host);
  if (fault === undefined) {
    const finding =
      proxy === undefined
        ? l10n.t('It can be reached without a proxy.')
        : l10n.t('It can be reached through the proxy `{0}`.', proxy);
    return { name, verdict: 'works', finding };
  }
  const seen: Seen = { hostname: url.hostname, proxy: proxy ?? '', detail };
  const [finding, remedy] = FAULTS[fault];
  // A fault of the proxy names it already.
  const way =
    proxy === undefined || fault.startsWith('proxy-') ? [] : [l10n.t('The connection uses the proxy `{0}`.', proxy)];
  return { name, verdict: 'fails', finding: [...way, ...finding(seen)].join(' '), remedy: remedy(seen).join(' ') };
}
