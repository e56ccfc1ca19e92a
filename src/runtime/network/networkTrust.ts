import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tls from 'node:tls';

type Environment = Readonly<Record<string, string>>;

/** A variable whose certificates cannot be read. */
export interface TrustProblem {
  readonly variable: 'NODE_EXTRA_CA_CERTS' | 'SSL_CERT_FILE' | 'SSL_CERT_DIR';
  /** The value of the variable. */
  readonly path: string;
  readonly reason: 'missing' | 'unreadable' | 'not-pem';
}

/** The authorities that the runtime trusts. */
export interface Trust {
  /** In PEM, one each. */
  readonly certificates: readonly string[];
  readonly problems: readonly TrustProblem[];
}

/** Certificate files of Linux distributions and BSDs. */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The authorities that the native runtime trusts (measured on Linux): `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the
 * certificates of the system, and `NODE_EXTRA_CA_CERTS` adds to either. On Windows and macOS the operating system
 * decides, and the first two have no effect.
 */
export function trustOf(environment: Environment, platform: NodeJS.Platform = process.platform): Trust {
  const problems: TrustProblem[] = [];
  const read = (variable: TrustProblem['variable'], load: (name: string) => readonly string[]): readonly string[] => {
    const name = environment[variable] ?? '';
    if (name === '') {
      return [];
    }
    try {
      const certificates = load(name);
      if (certificates.length === 0) {
        problems.push({ variable, path: name, reason: 'not-pem' });
      }
      return certificates;
    } catch (error) {
      const isMissing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
      problems.push({ variable, path: name, reason: isMissing ? 'missing' : 'unreadable' });
      return [];
    }
  };
  const extra = read('NODE_EXTRA_CA_CERTS', readFile);
  const ours = [...read('SSL_CERT_FILE', readFile), ...read('SSL_CERT_DIR', readFolder)];
  const isReplaced =
    platform !== 'win32' &&
    platform !== 'darwin' &&
    ((environment['SSL_CERT_FILE'] ?? '') !== '' || (environment['SSL_CERT_DIR'] ?? '') !== '');
  return { certificates: [...new Set([...(isReplaced ? ours : systemCertificates()), ...extra])], problems };
}

/** The list of Node.js if that of the system cannot be read: it covers the public hosts of GitHub. */
function systemCertificates(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => string[] };
  const system = getCACertificates?.('system') ?? firstFile();
  return system.length > 0 ? system : tls.rootCertificates;
}

function firstFile(): readonly string[] {
  for (const file of SYSTEM_FILES) {
    try {
      return readFile(file);
    } catch {
      // Try the next one.
    }
  }
  return [];
}

function readFolder(folder: string): readonly string[] {
  return fs.readdirSync(folder).flatMap((name) => {
    try {
      return readFile(path.join(folder, name));
    } catch {
      // A folder, or a broken link.
      return [];
    }
  });
}

/** The certificates in a file; everything else is skipped, as by OpenSSL. */
function readFile(file: string): readonly string[] {
  const text = fs.readFileSync(file, 'utf8');
  return (text.match(/-----BEGIN (TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (TRUSTED )?CERTIFICATE-----/g) ?? [])
    .map((pem) => `${pem}\n`)
    .filter(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
