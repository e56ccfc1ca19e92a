import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isRecord, readString } from '../../core/json';
import { CloudSessionsError } from '../../core/errors';
import { asDownloadError, openDownload } from './download';
import { installFailed } from './installErrors';
import type { NpmConfig } from './npmConfig';
import { readTar, type TarLimits } from './tar';

/** The version that is installed: the one that the tests run against. A test holds it against `package.json`. */
export const PINNED_RUNTIME = '1.0.102';

const MOST_PACKUMENT_BYTES = 64 * 1_024 * 1_024;
const MOST_PACKAGE_BYTES = 512 * 1_024 * 1_024;
/** The program alone has some 150 MB. */
const UNPACKED: TarLimits = { files: 1_000, bytes: 1_024 * 1_024 * 1_024 };
/** What an interrupted installation left; no running one takes so long, in milliseconds. */
const LEFTOVER_AGE_MS = 60 * 60 * 1_000;
const STAGING = /^\.(staging|removed)-/;
/** An empty file `.used-VERSION-PID`: that process runs that version. */
const USED = '.used-';

export interface RuntimePlatform {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  isMusl(): boolean;
}

export interface InstallOptions {
  readonly version: string;
  readonly config: NpmConfig;
  readonly signal: AbortSignal;
  /** From 0 to 1, of the download. */
  readonly onProgress?: (fraction: number) => void;
  readonly limits?: TarLimits;
}

/**
 * The runtimes that this extension installed: a folder for each version, which appears whole or not at all, and is
 * never changed afterwards.
 */
export class RuntimeStore {
  constructor(
    /** In the extension's global storage; made when it is needed. */
    private readonly folder: string,
    private readonly target: RuntimePlatform,
  ) {}

  get packageName(): string {
    const { platform, arch } = this.target;
    return `@github/copilot-${platform === 'linux' && this.target.isMusl() ? 'linuxmusl' : platform}-${arch}`;
  }

  /** The versions that are there, the newest first. */
  versions(): readonly string[] {
    return namesIn(this.folder)
      .filter((name) => /^\d+\.\d+\.\d+[\w.-]*$/.test(name) && fs.existsSync(this.program(name)))
      .sort((one, other) => compareVersions(other, one));
  }

  /** The path of a version's program, whether it is there or not. */
  program(version: string): string {
    return path.join(this.folder, version, this.target.platform === 'win32' ? 'copilot.exe' : 'copilot');
  }

  /** The programs of the versions that are there, the newest first. */
  programs(): readonly string[] {
    return this.versions().map((version) => this.program(version));
  }

  /**
   * Fetches a version, beside those that are there.
   *
   * @returns the path of its program
   * @throws `install-failed`; `cancelled` when the signal says so. Nothing is left behind then.
   */
  async install(options: InstallOptions): Promise<string> {
    const { version, config, signal } = options;
    const staging = path.join(this.folder, `.staging-${randomUUID()}`);
    try {
      await this.clearLeftovers();
      await fs.promises.mkdir(staging, { recursive: true, mode: 0o700 });
      const { tarball, integrity } = await this.lookUp(version, config, signal);
      const archive = path.join(staging, 'package.tgz');
      await fetchFile(tarball, archive, integrity, options);
      const unpacked = path.join(staging, 'package');
      await unpack(archive, unpacked, options.limits ?? UNPACKED, signal);
      await fs.promises.rm(archive);
      await this.finish(unpacked, version);
      return this.program(version);
    } catch (error) {
      throw asInstallError(error, config.registry.host, signal);
    } finally {
      await fs.promises.rm(staging, { recursive: true, force: true });
    }
  }

  /**
   * From now on this process runs this program, if it is one of these: other windows do not remove it meanwhile.
   * Never rejects: at worst another window removes what is used here, and this one looks for another runtime.
   */
  async use(program: string | undefined): Promise<void> {
    const version = this.versions().find((each) => this.program(each) === program);
    const mark = version === undefined ? undefined : `${USED}${version}-${process.pid}`;
    for (const name of namesIn(this.folder)) {
      if (name.startsWith(USED) && name !== mark && !isOfAnother(name)) {
        await fs.promises.rm(path.join(this.folder, name), { force: true }).catch(() => undefined);
      }
    }
    if (mark !== undefined) {
      await fs.promises.writeFile(path.join(this.folder, mark), '', { mode: 0o600 }).catch(() => undefined);
    }
  }

  /**
   * Removes all versions but the one whose program is in use, and those that other windows use.
   *
   * @returns the versions that were removed, and those that could not be
   */
  async remove(inUse: string | undefined): Promise<{ removed: readonly string[]; kept: readonly string[] }> {
    const removed: string[] = [];
    const kept: string[] = [];
    const others = namesIn(this.folder).filter(isOfAnother);
    for (const version of this.versions()) {
      const isUsed = this.program(version) === inUse || others.some((name) => name.startsWith(`${USED}${version}-`));
      const isRemoved = !isUsed && (await this.removeVersion(version));
      (isRemoved ? removed : kept).push(version);
    }
    return { removed, kept };
  }

  private async removeVersion(version: string): Promise<boolean> {
    const away = path.join(this.folder, `.removed-${randomUUID()}`);
    try {
      // Windows refuses this while it runs, in another window, say: then it stays whole.
      await fs.promises.rename(path.join(this.folder, version), away);
    } catch {
      return false;
    }
    await fs.promises.rm(away, { recursive: true, force: true }).catch(() => undefined);
    return true;
  }

  private async lookUp(
    version: string,
    config: NpmConfig,
    signal: AbortSignal,
  ): Promise<{ tarball: URL; integrity: Buffer }> {
    const { packageName } = this;
    const url = new URL(packageName.replace('/', '%2f'), config.registry);
    const response = await openDownload(url, config, signal, 'application/vnd.npm.install-v1+json, application/json');
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
        `${config.registry.host} has ${packageName}, but not its version ${version}.`,
        'Use a registry that has it, or install the runtime yourself and set cloudSessions.runtime.path.',
      );
    }
    const tarball = readString(entry['dist'], 'tarball');
    const integrity = /(?:^|\s)sha512-([A-Za-z0-9+/]{86}==)/.exec(readString(entry['dist'], 'integrity') ?? '')?.[1];
    if (tarball === undefined || integrity === undefined || !URL.canParse(tarball)) {
      throw unusable(config);
    }
    const address = new URL(tarball);
    if (address.protocol !== 'https:' && address.protocol !== config.registry.protocol) {
      throw unusable(config);
    }
    return { tarball: address, integrity: Buffer.from(integrity, 'base64') };
  }

  private async finish(unpacked: string, version: string): Promise<void> {
    const program = path.join(unpacked, path.basename(this.program(version)));
    if (!fs.existsSync(program)) {
      throw installFailed('its package has no program.', 'Tell whoever runs the registry.');
    }
    await fs.promises.chmod(program, 0o755);
    const final = path.join(this.folder, version);
    try {
      await fs.promises.rename(unpacked, final);
    } catch (error) {
      // Another window was faster, or it was there already: what is there is whole, and may be running.
      if (!fs.existsSync(this.program(version))) {
        throw error;
      }
    }
  }

  private async clearLeftovers(): Promise<void> {
    for (const name of namesIn(this.folder).filter((each) => STAGING.test(each))) {
      const file = path.join(this.folder, name);
      const stat = await fs.promises.stat(file).catch(() => undefined);
      if (stat !== undefined && Date.now() - stat.mtimeMs > LEFTOVER_AGE_MS) {
        await fs.promises.rm(file, { recursive: true, force: true }).catch(() => undefined);
      }
    }
  }
}

async function fetchFile(
  url: URL,
  file: string,
  integrity: Buffer,
  { config, signal, onProgress }: InstallOptions,
): Promise<void> {
  const response = await openDownload(url, config, signal);
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
        received > MOST_PACKAGE_BYTES ? installFailed('its package is too large.', 'Check the registry.') : null,
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
      'what was downloaded is not what the registry announced (its sha512 differs).',
      'Try again; if it stays so, something between you and the registry changes it.',
    );
  }
}

/** Unpacks what stands below an archive's one folder into a folder that is not there yet. */
async function unpack(archive: string, folder: string, limits: TarLimits, signal: AbortSignal): Promise<void> {
  await fs.promises.mkdir(folder, { mode: 0o700 });
  await pipeline(
    fs.createReadStream(archive),
    createGunzip(),
    async (plain: AsyncIterable<Buffer>) => {
      for await (const { name, content } of readTar(plain, limits)) {
        const parts = name.split('/').slice(1);
        if (parts.length > 0) {
          const file = path.join(folder, ...parts);
          await fs.promises.mkdir(path.dirname(file), { recursive: true });
          // `wx`: nothing is written twice.
          await pipeline(content, fs.createWriteStream(file, { flags: 'wx', mode: 0o644 }), { signal });
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
    `the answer of ${registry.host} cannot be used, or names no sha512 to check by.`,
    'Check npm’s registry setting.',
  );
}

function isDiskError(error: unknown): boolean {
  return ['ENOSPC', 'EACCES', 'EPERM', 'EROFS', 'EDQUOT', 'EEXIST'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}

function asInstallError(error: unknown, host: string, signal: AbortSignal): CloudSessionsError {
  if (signal.aborted || error instanceof CloudSessionsError) {
    return asDownloadError(error, host, signal);
  }
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code.startsWith('Z_')) {
    return installFailed('its package is damaged.', 'Try again.', error);
  }
  return isDiskError(error)
    ? installFailed(`it cannot be written to the disk (${code}).`, 'Make room, or correct the permissions.', error)
    : installFailed(`${code || message}.`, 'Try again.', error);
}

/** Is this the mark of another process, which still runs? */
function isOfAnother(name: string): boolean {
  const pid = Number(name.startsWith(USED) ? name.slice(name.lastIndexOf('-') + 1) : Number.NaN);
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/** Below 0 when `one` is older. Only `major.minor.patch` counts; a prerelease comes before its release. */
export function compareVersions(one: string, other: string): number {
  const numbers = (version: string): number[] => version.split(/[.-]/).slice(0, 3).map(Number);
  const [left, right] = [numbers(one), numbers(other)];
  for (const [at, number] of left.entries()) {
    const difference = number - (right[at] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return Number(other.includes('-')) - Number(one.includes('-'));
}
