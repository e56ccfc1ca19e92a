import type { NetworkNote } from '../../runtime/network/runtimeNetwork';
import type { NetworkFault } from '../../runtime/network/networkFault';
import type { EndpointReport, NetworkReport } from '../../runtime/network/networkProbe';
import type { TrustProblem } from '../../runtime/network/networkTrust';
import type { Check } from './diagnosis';

/** What was found out of the network. */
export interface NetworkFacts {
  /** What does not reach the runtime as it is set. */
  readonly notes: readonly NetworkNote[];
  /** `undefined`: it was not tried, and `reason` says why. */
  readonly report: NetworkReport | undefined;
  readonly reason?: string;
}

/** A report whose parts are there to be put into a sentence. */
interface Seen {
  readonly host: string;
  /** `host:port`; of use where there is one. */
  readonly proxy: string;
  readonly detail: string;
  /** In parentheses, with a space before it; empty if there is nothing to say. */
  readonly code: string;
  /** “ through the proxy …”, or empty. */
  readonly way: string;
}

const WHERE_PROXY_IS_SET = 'http.proxy, or HTTPS_PROXY in cloudSessions.runtime.env or in the environment';
const TRUST =
  'Get the authority’s certificate as a PEM file from those who run the network, and name that file in NODE_EXTRA_CA_CERTS in cloudSessions.runtime.env.';
const ASK_FOR_HOST = (host: string): string => `Ask those who run the network to allow ${host}`;
const BEHIND_A_PROXY =
  'if programs here need a proxy (one of the system’s settings does not reach the runtime), name it in http.proxy';

const CLOCK_FIRST = 'Check this machine’s clock first';

type Words = readonly [finding: (seen: Seen) => string, remedy: (seen: Seen) => string];

const now = (): string => `this machine’s clock says ${new Date().toUTCString()}`;

const WORDS: Readonly<Record<NetworkFault, Words>> = {
  'proxy-refused': [
    ({ proxy, code }) => `the proxy ${proxy} is not there: the connection to it is refused${code}`,
    () => `Start it, or correct or remove its address: ${WHERE_PROXY_IS_SET}.`,
  ],
  'proxy-unknown': [
    ({ proxy, code }) => `there is no host of the proxy’s name, ${proxy}${code}`,
    () => `Correct its address (${WHERE_PROXY_IS_SET}), or connect to the network that has it, such as a VPN.`,
  ],
  'proxy-silent': [
    ({ proxy }) => `the proxy ${proxy} does not answer`,
    () => `Check its address (${WHERE_PROXY_IS_SET}), and that it can be reached from this network.`,
  ],
  'proxy-broken': [
    ({ proxy, detail }) => `the proxy ${proxy} does not answer as an HTTP proxy does${detail && `: ${detail}`}`,
    () => `Check its scheme, host and port: ${WHERE_PROXY_IS_SET}.`,
  ],
  'proxy-authentication': [
    ({ proxy, detail }) => `the proxy ${proxy} asks for a sign-in (407, ${detail})`,
    ({ detail }) =>
      /basic/i.test(detail) || detail === '407'
        ? 'Put user and password into http.proxy: http://USER:PASSWORD@HOST:PORT, special characters percent-encoded.'
        : 'The runtime signs in with user and password only (Basic): use a local proxy that signs in to this one.',
  ],
  'proxy-credentials': [
    ({ proxy, detail }) => `the proxy ${proxy} does not accept the user and password that it is given (407, ${detail})`,
    () => `Correct them in ${WHERE_PROXY_IS_SET}; special characters are percent-encoded.`,
  ],
  'proxy-blocks': [
    ({ proxy, host, detail }) => `the proxy ${proxy} does not let anybody through to ${host} (${detail})`,
    ({ host }) => `${ASK_FOR_HOST(host)} in the proxy.`,
  ],
  'proxy-cannot-reach': [
    ({ proxy, host, detail }) => `the proxy ${proxy} answers, but cannot reach ${host} (${detail})`,
    ({ host }) => `Check the name ${host}; if it is right, ask those who run the proxy.`,
  ],
  'proxy-authority-unknown': [
    ({ proxy, detail }) =>
      `the certificate of the proxy ${proxy} is of an authority that is not trusted here: ${detail}`,
    () => TRUST,
  ],
  'proxy-certificate': [
    ({ proxy, detail }) => `the certificate of the proxy ${proxy} is not valid: ${detail}`,
    () => `${CLOCK_FIRST}; otherwise ask those who run the proxy.`,
  ],
  'host-refused': [
    ({ host, code }) => `the connection to ${host} is refused or blocked${code}; no proxy is set for it`,
    ({ host }) => `${ASK_FOR_HOST(host)}; ${BEHIND_A_PROXY}.`,
  ],
  'host-silent': [
    ({ host, way }) => `${host} does not answer${way}`,
    ({ host }) => `A firewall may swallow the connection. ${ASK_FOR_HOST(host)}; ${BEHIND_A_PROXY}.`,
  ],
  'host-unknown': [
    ({ host, code }) => `the name ${host} cannot be looked up${code}; no proxy is set for it`,
    () => `Check the network connection and its name servers (DNS), and the host’s name; ${BEHIND_A_PROXY}.`,
  ],
  'host-reset': [
    ({ host, way, code }) => `the connection to ${host}${way} is cut while it is secured${code}`,
    ({ host }) => `A firewall may do that by the host’s name. ${ASK_FOR_HOST(host)}; ${BEHIND_A_PROXY}.`,
  ],
  'host-no-tls': [
    ({ host, way }) => `what answers for ${host}${way} does not speak TLS`,
    () => 'A captive portal may be in the way: open a page in a browser; otherwise check address and port.',
  ],
  'authority-unknown': [
    ({ host, detail, way }) =>
      `the certificate that is shown for ${host}${way} is of an authority that is not trusted here: ${detail}`,
    () => `If the network inspects TLS, that is its own authority. ${TRUST}`,
  ],
  'certificate-expired': [
    ({ host, detail, way }) => `the certificate of ${host}${way} has expired (${detail}); ${now()}`,
    ({ host }) => `${CLOCK_FIRST}; otherwise ask those who run ${host}.`,
  ],
  'certificate-early': [
    ({ host, detail, way }) => `the certificate of ${host}${way} is not valid yet (from ${detail}); ${now()}`,
    ({ host }) => `${CLOCK_FIRST}; otherwise ask those who run ${host}.`,
  ],
  'certificate-name': [
    ({ host, detail, way }) => `the certificate that is shown for ${host}${way} is for other names: ${detail}`,
    () => 'A captive portal or a wrong address may be the cause: open a page in a browser, and check GH_HOST.',
  ],
  'certificate-invalid': [
    ({ host, detail, way }) => `the certificate that is shown for ${host}${way} is refused: ${detail}`,
    ({ host }) => `Ask those who run the network, or ${host}, with this text.`,
  ],
};

/** The network's lines of the page: the files, the hosts, then what is set and does not reach the runtime. */
export function networkChecks({ notes, report, reason }: NetworkFacts): readonly Check[] {
  return [
    ...(report === undefined
      ? [{ name: 'Network', verdict: 'unknown', finding: reason ?? 'it was not tried in time' } as const]
      : [...report.problems.map(certificateFile), ...report.endpoints.map(endpoint)]),
    ...notes.map(({ subject, finding, remedy }) => ({ name: subject, verdict: 'unknown', finding, remedy }) as const),
  ];
}

const FILE_REASONS: Readonly<Record<TrustProblem['reason'], string>> = {
  missing: 'is not there',
  unreadable: 'cannot be read',
  'not-pem': 'has no certificate in PEM in it',
};

function certificateFile({ variable, path, reason }: TrustProblem): Check {
  const effect =
    variable === 'NODE_EXTRA_CA_CERTS'
      ? 'what it is to add is not trusted'
      : 'it stands in place of the system’s certificates, so nothing may be trusted';
  return {
    name: `Certificates in ${variable}`,
    verdict: 'fails',
    finding: `${path} ${FILE_REASONS[reason]}; ${effect}`,
    remedy: `Correct ${variable} in cloudSessions.runtime.env or in the environment, or remove it.`,
  };
}

function endpoint({ role, url, proxy, fault, detail = '' }: EndpointReport): Check {
  const name = `Network: ${role} (${url.host})`;
  const way = proxy === undefined ? '' : ` through the proxy ${proxy}`;
  if (fault === undefined) {
    return { name, verdict: 'works', finding: `it can be reached${proxy === undefined ? ' without a proxy' : way}` };
  }
  const seen: Seen = { host: url.hostname, proxy: proxy ?? '', detail, code: detail && ` (${detail})`, way };
  const [finding, remedy] = WORDS[fault];
  return { name, verdict: 'fails', finding: finding(seen), remedy: remedy(seen) };
}
