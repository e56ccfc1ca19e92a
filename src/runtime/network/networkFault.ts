import type * as tls from 'node:tls';

/**
 * Why a host cannot be reached. `proxy-…`: because of the proxy or the connection to it; the others are about the host.
 */
export type NetworkFault =
  | 'proxy-refused'
  | 'proxy-unknown'
  | 'proxy-silent'
  | 'proxy-broken'
  | 'proxy-authentication'
  | 'proxy-credentials'
  | 'proxy-blocks'
  | 'proxy-cannot-reach'
  | 'proxy-authority-unknown'
  | 'proxy-certificate'
  | 'host-refused'
  | 'host-unknown'
  | 'host-silent'
  | 'host-reset'
  | 'host-no-tls'
  | 'authority-unknown'
  | 'certificate-expired'
  | 'certificate-early'
  | 'certificate-name'
  | 'certificate-invalid';

/** @param code of an error before a certificate was received */
export function tlsFault(code: string): NetworkFault {
  return /WRONG_VERSION|EPROTO|UNKNOWN_PROTOCOL|HTTP_REQUEST|PACKET_LENGTH/.test(code) ? 'host-no-tls' : 'host-reset';
}

/** @param code of Node.js for a certificate that it rejects */
export function certificateFault(code: string): NetworkFault {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'certificate-expired';
    case 'CERT_NOT_YET_VALID':
      return 'certificate-early';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'certificate-name';
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'CERT_UNTRUSTED':
      return 'authority-unknown';
    default:
      return 'certificate-invalid';
  }
}

/** The part of a certificate that explains the fault. Text of others. */
export function describeCertificate(
  { issuer, subjectaltname, valid_from: from, valid_to: to }: Partial<tls.PeerCertificate>,
  fault: NetworkFault,
  code: string,
): string {
  switch (fault) {
    case 'authority-unknown':
      return [issuer?.O, issuer?.CN].flat().filter(Boolean).join(', ') || code;
    case 'certificate-expired':
      return to ?? code;
    case 'certificate-early':
      return from ?? code;
    case 'certificate-name':
      return (subjectaltname ?? code).replaceAll('DNS:', '');
    default:
      return code;
  }
}
