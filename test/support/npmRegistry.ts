import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface TarEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  /** `0` is a regular file. */
  readonly type?: string;
  readonly link?: string;
}

/** A ustar archive. Written by hand, so that it can be malformed on purpose. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ name, content = '', type = '0', link = '' }) => {
    const body = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write('0000777\0', 100);
    header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write(' '.repeat(8), 148);
    header.write(type, 156);
    header.write(link, 157);
    header.write('ustar\0' + '00', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1_024)]);
}

export function paxRecord(name: string, value: string): string {
  const rest = ` ${name}=${value}\n`;
  let length = Buffer.byteLength(rest) + 1;
  while (String(length).length + Buffer.byteLength(rest) !== length) {
    length += 1;
  }
  return `${length}${rest}`;
}

/** An npm registry on loopback with a single package. */
export class NpmRegistry {
  readonly requests: { readonly url: string; readonly authorization: string | undefined }[] = [];
  /** The body that is sent. Its hash is announced unless `integrity` is set. */
  tarball: Buffer;
  integrity: string | undefined;
  /** The `authorization` header that each request must have. */
  authorization: string | undefined;
  /** Its own address in its answers, if it is reached by another one. Ends with a slash. */
  publicAddress: string | undefined;
  /** Where requests for the tarball are redirected. */
  redirect: string | undefined;
  /** After how many bytes of the tarball the connection is cut or, with `hangs`, nothing more is sent. */
  cutAfter: number | undefined;
  hangs = false;
  /** Sends the tarball byte by byte, without an end. */
  drips = false;
  onTarball: () => void = () => undefined;
  private readonly server = http.createServer((request, response) => this.serve(request, response));

  constructor(
    readonly packageName: string,
    readonly version: string,
    entries: readonly TarEntry[],
    /** gzip level. 0 is the fastest, for large archives. */
    compression = 6,
  ) {
    this.tarball = gzipSync(tar(entries), { level: compression });
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve({ url = '', headers }: http.IncomingMessage, response: http.ServerResponse): void {
    this.requests.push({ url, authorization: headers.authorization });
    if (this.authorization !== undefined && headers.authorization !== this.authorization) {
      response.writeHead(401).end();
    } else if (url === `/${this.packageName.replace('/', '%2f')}`) {
      const integrity = this.integrity ?? `sha512-${createHash('sha512').update(this.tarball).digest('base64')}`;
      const dist = { tarball: `${this.publicAddress ?? this.address}tarball.tgz`, integrity };
      response.end(JSON.stringify({ versions: { [this.version]: { dist } } }));
    } else if (url !== '/tarball.tgz') {
      response.writeHead(404).end();
    } else if (this.redirect !== undefined) {
      response.writeHead(302, { location: this.redirect }).end();
    } else if (this.drips) {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'), 5);
      response.once('close', () => clearInterval(drip));
    } else {
      response.writeHead(200, { 'content-length': this.tarball.length });
      response.write(this.tarball.subarray(0, this.cutAfter ?? this.tarball.length), () => {
        if (this.cutAfter === undefined) {
          response.end();
        } else if (!this.hangs) {
          response.destroy();
        }
        this.onTarball();
      });
    }
  }
}
