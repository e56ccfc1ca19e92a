import * as l10n from '@vscode/l10n';
import { installFailed } from './installErrors';

const BLOCK = 512;
/** A pax header has one or two names; those of npm are under 1 kB. */
const MOST_PAX_BYTES = 64 * 1_024;
/** For all pax headers of an archive together. */
const MOST_PAX_BYTES_TOGETHER = 1_024 * 1_024;
/** A file may have a pax header, and a folder with another one. */
const MOST_HEADERS_PER_FILE = 4;
/** Zeros after the end, with which archives are padded, usually to 10 kB. */
const MOST_FILLING = 1_024 * 1_024;
/** Names of devices on Windows, with any extension, in any folder. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
/** Nested folders; npm packages have about ten. */
const MOST_PARTS = 32;

export interface TarFile {
  /** A relative path with `/`, which stays inside its folder on every platform. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** To be read before the next file is requested. */
  readonly content: AsyncIterable<Buffer>;
}

/** Headers, folders and padding have limits that follow from these. */
export interface TarLimits {
  readonly files: number;
  /** The size of all files together. */
  readonly bytes: number;
}

/**
 * Reads the regular files of a tar archive (ustar, with pax names and sizes), the format of npm packages. Entries that
 * could write outside of the folder are refused, not skipped: links, devices, absolute names, `..`, drive letters.
 *
 * @throws {CloudSessionsError} `install-failed` if it is cut off, damaged, refused or over the limits
 */
export async function* readTar(source: AsyncIterable<Uint8Array>, limits: TarLimits): AsyncGenerator<TarFile> {
  const reader = new ByteReader(source);
  let pax: ReadonlyMap<string, string> = new Map();
  let files = 0;
  let bytes = 0;
  let headers = 0;
  let paxBytes = 0;
  for (;;) {
    const header = await reader.take(BLOCK);
    if (header.every((byte) => byte === 0)) {
      // To its end: the writer of the source waits until all of it has been read.
      if (!(await reader.isFilling(MOST_FILLING))) {
        throw refused(l10n.t('there is data after its end'));
      }
      return;
    }
    // Entries without content count too: a small archive may have any number of them.
    headers += 1;
    if (headers > limits.files * MOST_HEADERS_PER_FILE) {
      throw refused(l10n.t('it has too many entries'));
    }
    assertChecksum(header);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = pax.has('size') && type !== 'x' && type !== 'g' ? decimal(pax.get('size')) : octal(header, 124, 12);
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (type === 'x' || type === 'g') {
      paxBytes += size;
      if (size > MOST_PAX_BYTES || paxBytes > MOST_PAX_BYTES_TOGETHER) {
        throw refused(l10n.t('a header is too long'));
      }
      const records = parsePax(await reader.take(size));
      await reader.take(padding);
      pax = type === 'x' ? records : pax;
      continue;
    }
    const name = pax.get('path') ?? ustarName(header);
    pax = new Map();
    if (type === '5' && size === 0) {
      safeName(name.replace(/\/$/, ''));
      continue;
    }
    if (type !== '0' && type !== '\0') {
      throw refused(l10n.t('“{0}” is not a regular file', printable(name)));
    }
    files += 1;
    bytes += size;
    if (files > limits.files || bytes > limits.bytes) {
      throw refused(l10n.t('it is too large'));
    }
    const body = new Body(reader, size);
    yield { name: safeName(name), size, content: body };
    await body.finish();
    await reader.take(padding);
  }
}

/** The bytes of one file; `finish` skips those that were not read. */
class Body implements AsyncIterable<Buffer> {
  constructor(
    private readonly reader: ByteReader,
    private left: number,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    while (this.left > 0) {
      const chunk = await this.reader.some(this.left);
      this.left -= chunk.length;
      yield chunk;
    }
  }

  async finish(): Promise<void> {
    while (this.left > 0) {
      this.left -= (await this.reader.some(this.left)).length;
    }
  }
}

class ByteReader {
  private readonly iterator: AsyncIterator<Uint8Array>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.iterator = source[Symbol.asyncIterator]();
  }

  /** Reads between one and `most` bytes. */
  async some(most: number): Promise<Buffer> {
    while (this.rest.length === 0) {
      const next = await this.iterator.next();
      if (next.done === true) {
        throw refused(l10n.t('it is cut off'));
      }
      this.rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const chunk = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(chunk.length);
    return chunk;
  }

  /** Reads to the end. @returns whether there are at most `most` bytes, all of them zero */
  async isFilling(most: number): Promise<boolean> {
    let left = most;
    for (let bytes: Uint8Array = this.rest; ;) {
      left -= bytes.length;
      if (left < 0 || bytes.some((byte) => byte !== 0)) {
        return false;
      }
      const next = await this.iterator.next();
      if (next.done === true) {
        return true;
      }
      bytes = next.value;
    }
  }

  async take(count: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (let left = count; left > 0;) {
      const chunk = await this.some(left);
      chunks.push(chunk);
      left -= chunk.length;
    }
    return Buffer.concat(chunks, count);
  }
}

function assertChecksum(header: Buffer): void {
  // The sum is computed with spaces in its own field.
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (sum !== octal(header, 148, 8)) {
    throw refused(l10n.t('a checksum is wrong'));
  }
}

function octal(header: Buffer, start: number, length: number): number {
  const text = field(header, start, length).trim();
  if (!/^[0-7]{1,12}$/.test(text)) {
    throw refused(l10n.t('a number is not octal'));
  }
  return Number.parseInt(text, 8);
}

function decimal(text: string | undefined): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) {
    throw refused(l10n.t('a size is not a number'));
  }
  return Number(text);
}

function field(header: Buffer, start: number, length: number): string {
  const bytes = header.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? length : end);
}

function ustarName(header: Buffer): string {
  const prefix = field(header, 257, 5) === 'ustar' ? field(header, 345, 155) : '';
  const name = field(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Parses records of the form `LENGTH NAME=VALUE\n`, with the length of the whole record in bytes. */
function parsePax(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = space === -1 ? 0 : decimal(bytes.toString('latin1', at, space));
    const record = bytes.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    if (at + length > bytes.length || at + length <= space || equals === -1) {
      throw refused(l10n.t('a header is damaged'));
    }
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

function safeName(name: string): string {
  // On Windows, backslashes, colons and trailing dots lead out of the folder.
  const parts = name.split('/');
  const isSafe = parts.every(
    (part) => /^[^\\:\p{Cc}]{1,255}$/u.test(part) && !/[. ]$/.test(part) && !DEVICE.test(part),
  );
  if (!isSafe || name.length > 1_024 || parts.length > MOST_PARTS) {
    throw refused(l10n.t('the name “{0}” is not safe', printable(name)));
  }
  return name;
}

function printable(name: string): string {
  return name.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');
}

/** @param why a localized clause about the package */
export function refused(why: string): Error {
  return installFailed(
    l10n.t('its package was refused: {0}.', why),
    l10n.t('Try again. If it happens again, inform the operator of the registry.'),
  );
}
