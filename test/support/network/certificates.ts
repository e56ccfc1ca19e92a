import { createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import * as net from 'node:net';

/*
 * Creates certificates while a test runs. Node can read certificates but not create them, and a key in the repository
 * would look like a leaked secret. Implements only the parts of X.509, in DER, that a TLS handshake needs.
 */

/** A certificate and its private key, both as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Host names and IP addresses. */
  readonly names: readonly string[];
  /** Whether its last day has passed. */
  readonly expired?: boolean;
  /** Whether its first day is in the future. */
  readonly early?: boolean;
}

const DAY_MS = 86_400_000;

/** A certificate authority that is not trusted by default. Its certificate is `cert`. */
export class CertificateAuthority {
  readonly cert: string;
  private readonly key: KeyObject;
  private readonly name: Buffer;

  constructor(commonName = 'Cloud Sessions Test Authority') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.key = privateKey;
    this.name = nameOf(commonName);
    this.cert = this.certificate(this.name, publicKey, validity(-1, 2), [
      extension('2.5.29.19', sequence(boolean(true)), true),
      // keyCertSign and cRLSign.
      extension('2.5.29.15', tagged(0x03, Buffer.from([0x01, 0x06])), true),
    ]);
  }

  issue({ names, expired = false, early = false }: CertificateOptions): Identity {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const period = expired ? validity(-20, -10) : early ? validity(10, 20) : validity(-1, 1);
    const cert = this.certificate(nameOf(names[0] ?? 'nobody'), publicKey, period, [
      extension('2.5.29.17', sequence(...names.map(alternativeName))),
      extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'))),
    ]);
    return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
  }

  private certificate(subject: Buffer, publicKey: KeyObject, period: Buffer, extensions: readonly Buffer[]): string {
    const algorithm = sequence(objectId('1.2.840.10045.4.3.2'));
    const serial = randomBytes(16);
    serial[0] = (serial[0]! & 0x3f) | 0x40;
    const body = sequence(
      tagged(0xa0, tagged(0x02, Buffer.from([2]))),
      tagged(0x02, serial),
      algorithm,
      this.name,
      period,
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      tagged(0xa3, sequence(...extensions)),
    );
    const signature = sign('sha256', body, createPrivateKey(this.key.export({ type: 'pkcs8', format: 'pem' })));
    const whole = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
    return `-----BEGIN CERTIFICATE-----\n${(whole.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
  }
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, Math.floor(length / 0x100), length % 0x100];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]));
}

function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = rest.flatMap((value) => {
    const groups = [value % 0x80];
    for (let left = Math.floor(value / 0x80); left > 0; left = Math.floor(left / 0x80)) {
      groups.unshift((left % 0x80) + 0x80);
    }
    return groups;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function nameOf(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(objectId('2.5.4.3'), tagged(0x0c, Buffer.from(commonName)))));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), tagged(0x04, value));
}

function alternativeName(name: string): Buffer {
  return net.isIPv4(name) ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name));
}

/** The validity period, from and to in days from now. */
function validity(from: number, to: number): Buffer {
  const time = (days: number): Buffer => {
    const text = new Date(Date.now() + days * DAY_MS).toISOString().replace(/[-:T]|\.\d+/g, '');
    return tagged(0x18, Buffer.from(text));
  };
  return sequence(time(from), time(to));
}
