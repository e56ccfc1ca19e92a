import * as l10n from '@vscode/l10n';
import { createHash, timingSafeEqual } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { defined } from '../../core/common/defined';
import type { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { isRecord, readString } from '../../core/common/json';
import { asDownloadError, openDownload, type Patience } from './download';
import { installFailed } from './installErrors';
import type { NpmConfig } from './npmConfig';
import { readTar, refused, type TarLimits } from './tar';

const MOST_PACKUMENT_BYTES = 64 * 1_024 * 1_024;
const MOST_PACKAGE_BYTES = 512 * 1_024 * 1_024;
/** The highest ratio of unpacked to packed size, for unpacked sizes over `RATIO_FROM_BYTES`. The runtime has 3. */
const MOST_RATIO = 50;
const RATIO_FROM_BYTES = 64 * 1_024 * 1_024;

export interface Download {
  readonly config: NpmConfig;
  readonly signal: AbortSignal;
  /** @param fraction from 0 to 1 */
  readonly onProgress?: (fraction: number) => void;
  readonly patience?: Partial<Patience>;
}

export interface PackageAddress {
  readonly tarball: URL;
  /** The sha512 of the tarball. */
  readonly integrity: Buffer;
}

/**
 * Looks up a version of a package in the registry.
 *
 * @param expected the required sha512 in base64; by default the one that the registry announces
 * @throws {CloudSessionsError} `install-failed`; `cancelled` when the signal is aborted
 */
export async function lookUpPackage(
  packageName: string,
  version: string,
  expected: string | undefined,
  { config, signal, patience }: Download,
): Promise<PackageAddress> {
  const url = new URL(packageName.replace('/', '%2f'), config.registry);
  // eslint-disable-next-line texts/localized -- a header
  const accept = 'application/vnd.npm.install-v1+json, application/json';
  const response = await openDownload(url, config, signal, { accept, ...defined({ patience }) });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_PACKUMENT_BYTES) {
      throw unusable(config);
    }
    chunks.push(chunk);
  }
  const { versions } = parseRecord(Buffer.concat(chunks).toString(), config);
  const entry = isRecord(versions) && Object.hasOwn(versions, version) ? versions[version] : undefined;
  if (!isRecord(entry) || !isRecord(entry['dist'])) {
    throw installFailed(
      l10n.t('{0} has {1}, but not its version {2}.', config.registry.host, packageName, version),
      l10n.t('Use a registry that has it, or install the runtime yourself and set cloudSessions.runtime.path.'),
    );
  }
  const tarball = readString(entry['dist'], 'tarball');
  const announced = /(?:^|\s)sha512-([A-Za-z0-9+/]{86}==)/.exec(readString(entry['dist'], 'integrity') ?? '')?.[1];
  if (expected !== undefined && announced !== undefined && announced !== expected) {
    throw installFailed(
      l10n.t(
        '{0} has another {1} {2} than the one that this extension was tested with (its sha512 differs).',
        config.registry.host,
        packageName,
        version,
      ),
      l10n.t(
        'Use another registry and inform the operator of this one, or install the runtime yourself and set cloudSessions.runtime.path.',
      ),
    );
  }
  const integrity = expected ?? announced;
  if (tarball === undefined || integrity === undefined || !URL.canParse(tarball)) {
    throw unusable(config);
  }
  const address = new URL(tarball);
  if (address.protocol !== 'https:' && address.protocol !== config.registry.protocol) {
    throw unusable(config);
  }
  return { tarball: address, integrity: Buffer.from(integrity, 'base64') };
}

/**
 * Downloads a package into a new file, and verifies it.
 * @throws {CloudSessionsError} `install-failed`; `cancelled` when the signal is aborted
 * @throws {NodeJS.ErrnoException} if the disk fails: see `isDiskError`
 */
export async function fetchPackage(
  { tarball: url, integrity }: PackageAddress,
  file: string,
  { config, signal, onProgress, patience }: Download,
): Promise<void> {
  const response = await openDownload(url, config, signal, patience === undefined ? {} : { patience });
  const total = Number(response.headers['content-length'] ?? 0);
  const hash = createHash('sha512');
  let received = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      hash.update(chunk);
      if (total > 0) {
        onProgress?.(Math.min(1, received / total));
      }
      done(
        received > MOST_PACKAGE_BYTES
          ? installFailed(l10n.t('its package is too large.'), l10n.t('Check the registry.'))
          : null,
        chunk,
      );
    },
  });
  try {
    await pipeline(response, measure, fs.createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
  } catch (error) {
    throw isDiskError(error) ? error : asDownloadError(error, url.host, signal);
  }
  if (!timingSafeEqual(hash.digest(), integrity)) {
    throw installFailed(
      l10n.t('the downloaded package is not the one that the registry announced (its sha512 differs).'),
      l10n.t('Try again. If it happens again, something between you and the registry changes the package.'),
    );
  }
}

/** Unpacks the content of the single top folder of an archive into a new folder. */
export async function unpack(archive: string, folder: string, limits: TarLimits, signal: AbortSignal): Promise<void> {
  await fs.promises.mkdir(folder, { mode: 0o700 });
  const { size } = await fs.promises.stat(archive);
  const bytes = Math.min(limits.bytes, Math.max(RATIO_FROM_BYTES, size * MOST_RATIO));
  await pipeline(
    fs.createReadStream(archive),
    createGunzip(),
    async (plain: AsyncIterable<Buffer>) => {
      for await (const { name, content } of readTar(plain, { ...limits, bytes })) {
        const parts = name.split('/').slice(1);
        if (parts.length > 0) {
          const file = path.join(folder, ...parts);
          try {
            await fs.promises.mkdir(path.dirname(file), { recursive: true });
            // `wx`: nothing is written twice.
            await pipeline(content, fs.createWriteStream(file, { flags: 'wx', mode: 0o644 }), { signal });
          } catch (error) {
            // The folder was empty, so both names are in the package. On some systems, they may differ by case or
            // accents.
            const isTwice = ['EEXIST', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
            throw isTwice ? refused(l10n.t('two of its file names are the same on this machine')) : error;
          }
        }
      }
    },
    { signal },
  );
}

function parseRecord(text: string, config: NpmConfig): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unusable(config);
  }
  if (!isRecord(value)) {
    throw unusable(config);
  }
  return value;
}

function unusable({ registry }: NpmConfig): CloudSessionsError {
  return installFailed(
    l10n.t('the answer of {0} cannot be used, or has no sha512 to verify the package with.', registry.host),
    l10n.t('Check npm’s registry setting.'),
  );
}

export function isDiskError(error: unknown): boolean {
  return ['ENOSPC', 'EACCES', 'EPERM', 'EROFS', 'EDQUOT', 'EEXIST'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}
