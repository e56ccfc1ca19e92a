import * as l10n from '@vscode/l10n';
import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { compareVersions } from '../../core/common/versions';
import { textOf } from '../../core/redaction/secrets';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { isRecord, readString } from '../../core/common/json';
import { asDownloadError } from './download';
import { installFailed } from './installErrors';
import { fetchPackage, isDiskError, lookUpPackage, unpack, type Download } from './npmPackage';
import { PINNED_RUNTIME, PINNED_SHA512 } from './pinnedRuntime';
import { namesIn, ourMark, ownerOf } from './processMarks';
import type { TarLimits } from './tar';
import { UsageMarks } from './usageMarks';

/** The program alone has about 150 MB. */
const UNPACKED: TarLimits = { files: 1_000, bytes: 1_024 * 1_024 * 1_024 };
/**
 * Files of an installation without an owner are left over after this time, in milliseconds: no installation takes so
 * long.
 */
const LEFTOVER_AGE_MS = 60 * 60 * 1_000;
const VERSION = /^\d+\.\d+\.\d+[\w.-]*$/;
/** A folder `.staging-RANDOM-PID~START`, into which that process installs. */
const STAGING = '.staging-';
/** A folder that is being removed. */
const REMOVED = '.removed-';
/** A file in the folder of a version: the size in bytes and the sha512 of its program when it was installed. */
const RECORD = '.installed.json';

export interface RuntimePlatform {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  isMusl(): boolean;
}

export interface InstallOptions extends Download {
  readonly version: string;
  readonly limits?: TarLimits;
}

/** For a version, the sha512 of the package of each platform in base64; for others, the registry is trusted. */
export type KnownPackages = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * The runtimes that this extension installed: one folder for each version, which is created atomically. A version that
 * was damaged later counts as absent, and is replaced when it is installed again.
 */
export class RuntimeStore {
  private readonly marks: UsageMarks;

  constructor(
    /** Absolute path in the extension's global storage; created when needed. */
    private readonly folder: string,
    private readonly target: RuntimePlatform,
    private readonly known: KnownPackages = { [PINNED_RUNTIME]: PINNED_SHA512 },
  ) {
    this.marks = new UsageMarks(folder);
  }

  get packageName(): string {
    const { platform, arch } = this.target;
    return `@github/copilot-${platform === 'linux' && this.target.isMusl() ? 'linuxmusl' : platform}-${arch}`;
  }

  /** The installed versions that are usable, the newest first. */
  versions(): readonly string[] {
    return this.present().filter((version) => this.isWhole(version));
  }

  /** All installed versions, damaged ones included, the newest first. */
  present(): readonly string[] {
    return namesIn(this.folder)
      .filter((name) => VERSION.test(name))
      .sort((one, other) => compareVersions(other, one));
  }

  /** The path of the program of a version, which need not exist. */
  program(version: string): string {
    return path.join(this.folder, version, this.target.platform === 'win32' ? 'copilot.exe' : 'copilot');
  }

  /** The paths of the programs of the usable versions, the newest first. */
  programs(): readonly string[] {
    return this.versions().map((version) => this.program(version));
  }

  /**
   * Whether a version is as it was installed; reads all of its program. False if it is absent, or was installed by a
   * version of the extension that wrote no record.
   */
  async isIntact(version: string): Promise<boolean> {
    const record = this.recordOf(version);
    if (record === undefined || !this.isWhole(version)) {
      return false;
    }
    return (await sha512Of(this.program(version)).catch(() => undefined)) === record.sha512;
  }

  /**
   * Installs a version beside the others. If it is installed already, it is replaced unless it is intact.
   *
   * @returns the path of its program
   * @throws {CloudSessionsError} `install-failed`; `cancelled` when the signal is aborted. Nothing is left behind then.
   */
  async install(options: InstallOptions): Promise<string> {
    const { version, config, signal } = options;
    const staging = path.join(this.folder, `${STAGING}${randomUUID()}-${ourMark()}`);
    try {
      await this.clean();
      await fs.promises.mkdir(staging, { recursive: true, mode: 0o700 });
      const expected = this.known[version]?.[this.packageName];
      const address = await lookUpPackage(this.packageName, version, expected, options);
      const archive = path.join(staging, 'package.tgz');
      await fetchPackage(address, archive, options);
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
   * Says which program this process runs, so that other windows do not remove it if it is one of these. Never rejects:
   * at worst another window removes it, and this one searches for another runtime.
   */
  async use(program: string | undefined): Promise<void> {
    await this.marks.use(this.present().find((version) => this.program(version) === program));
  }

  /**
   * Removes all versions, damaged ones included, except those that are in use here or in other windows.
   *
   * @param inUse the path of the program that is in use here
   * @returns the versions that were removed, and those that were kept
   */
  async remove(inUse: string | undefined): Promise<{ removed: readonly string[]; kept: readonly string[] }> {
    const removed: string[] = [];
    const kept: string[] = [];
    for (const version of this.present()) {
      const isUsed = this.program(version) === inUse || this.marks.isUsedElsewhere(version);
      const isRemoved = !isUsed && (await this.removeVersion(version));
      (isRemoved ? removed : kept).push(version);
    }
    await this.clean();
    return { removed, kept };
  }

  /** Removes files that killed installations and windows have left. Never rejects. */
  async clean(): Promise<void> {
    for (const name of namesIn(this.folder)) {
      if (name.startsWith(REMOVED) || (name.startsWith(STAGING) && (await this.isLeftOver(name)))) {
        await this.delete(name);
      }
    }
    await this.marks.clean();
  }

  private async isLeftOver(name: string): Promise<boolean> {
    switch (ownerOf(name)) {
      case 'us':
      case 'alive':
        return false;
      case 'gone':
        return true;
      case 'unsaid': {
        const stat = await fs.promises.lstat(path.join(this.folder, name)).catch(() => undefined);
        return stat !== undefined && Date.now() - stat.mtimeMs > LEFTOVER_AGE_MS;
      }
    }
  }

  private async delete(name: string): Promise<void> {
    await fs.promises.rm(path.join(this.folder, name), { recursive: true, force: true }).catch(() => undefined);
  }

  private async removeVersion(version: string): Promise<boolean> {
    const away = `${REMOVED}${randomUUID()}`;
    try {
      // Windows refuses this while the program runs (in another window, say), so it stays whole.
      await fs.promises.rename(path.join(this.folder, version), path.join(this.folder, away));
    } catch {
      return false;
    }
    await this.delete(away);
    return true;
  }

  private async finish(unpacked: string, version: string): Promise<void> {
    const program = path.join(unpacked, path.basename(this.program(version)));
    const stat = await fs.promises.stat(program).catch(() => undefined);
    if (stat?.isFile() !== true) {
      throw installFailed(l10n.t('its package contains no program.'), l10n.t('Inform the operator of the registry.'));
    }
    await fs.promises.chmod(program, 0o755);
    const record = { size: stat.size, sha512: await sha512Of(program) };
    await fs.promises.writeFile(path.join(unpacked, RECORD), JSON.stringify(record), { mode: 0o600 });
    try {
      await this.place(unpacked, version);
    } catch (error) {
      // It was installed already, or by another window meanwhile. An intact one may be running.
      if (await this.isIntact(version)) {
        return;
      }
      // The same program, installed by a version of the extension that wrote no record.
      if (this.isWhole(version) && (await sha512Of(this.program(version)).catch(() => undefined)) === record.sha512) {
        await fs.promises.copyFile(path.join(unpacked, RECORD), path.join(this.folder, version, RECORD));
        return;
      }
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!(await this.removeVersion(version))) {
        throw installFailed(
          l10n.t('the installed version {0} is damaged and cannot be replaced ({1}).', version, code),
          l10n.t('Close the other windows of the editor and all other programs that run it, then try again.'),
          error,
        );
      }
      await this.place(unpacked, version);
    }
  }

  private async place(unpacked: string, version: string): Promise<void> {
    const final = path.join(this.folder, version);
    if (fs.existsSync(final)) {
      // A rename would replace an empty folder, and on some systems a file.
      // eslint-disable-next-line texts/localized -- only its code is read
      throw Object.assign(new Error(`${final} is there`), { code: 'EEXIST' });
    }
    await fs.promises.rename(unpacked, final);
  }

  /** Whether the program looks complete, without reading it. */
  private isWhole(version: string): boolean {
    try {
      const stat = fs.statSync(this.program(version));
      const isExecutable = this.target.platform === 'win32' || (stat.mode & 0o100) !== 0;
      return (
        stat.isFile() && stat.size > 0 && isExecutable && stat.size === (this.recordOf(version)?.size ?? stat.size)
      );
    } catch {
      return false;
    }
  }

  private recordOf(version: string): { readonly size: number; readonly sha512: string } | undefined {
    try {
      const record: unknown = JSON.parse(fs.readFileSync(path.join(this.folder, version, RECORD), 'utf8'));
      const sha512 = isRecord(record) ? readString(record, 'sha512') : undefined;
      return isRecord(record) && typeof record['size'] === 'number' && sha512 !== undefined
        ? { size: record['size'], sha512 }
        : undefined;
    } catch {
      return undefined;
    }
  }
}

async function sha512Of(file: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(fs.createReadStream(file), hash);
  return hash.digest('base64');
}

function asInstallError(error: unknown, host: string, signal: AbortSignal): CloudSessionsError {
  if (signal.aborted || error instanceof CloudSessionsError) {
    return asDownloadError(error, host, signal);
  }
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code.startsWith('Z_')) {
    return installFailed(l10n.t('its package is damaged.'), l10n.t('Try again.'), error);
  }
  return isDiskError(error)
    ? installFailed(
        l10n.t('it cannot be written to disk ({0}).', code),
        l10n.t('Free disk space, or correct the permissions.'),
        error,
      )
    : installFailed(`${code || textOf(error)}.`, l10n.t('Try again.'), error);
}
