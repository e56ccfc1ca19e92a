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

/** The program alone has some 150 MB. */
const UNPACKED: TarLimits = { files: 1_000, bytes: 1_024 * 1_024 * 1_024 };
/** What an interrupted installation left that does not say whose it was; none takes so long, in milliseconds. */
const LEFTOVER_AGE_MS = 60 * 60 * 1_000;
const VERSION = /^\d+\.\d+\.\d+[\w.-]*$/;
/** A folder `.staging-RANDOM-PID~START`: that process installs into it. */
const STAGING = '.staging-';
/** What is on its way out. */
const REMOVED = '.removed-';
/** In a version's folder: the size in bytes and the sha512 of its program, as it was installed. */
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

/** For a version, the sha512 of each platform's package in base64; others are taken as the registry says. */
export type KnownPackages = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * The runtimes that this extension installed: a folder for each version, which appears whole or not at all. One that was
 * damaged afterwards counts as absent, and is replaced when it is installed again.
 */
export class RuntimeStore {
  private readonly marks: UsageMarks;

  constructor(
    /** In the extension's global storage; made when it is needed. */
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

  /** The versions that are there and can be used, the newest first. */
  versions(): readonly string[] {
    return this.present().filter((version) => this.isWhole(version));
  }

  /** Those that are damaged too. */
  present(): readonly string[] {
    return namesIn(this.folder)
      .filter((name) => VERSION.test(name))
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
   * Whether a version is as it was installed; it is read as a whole. One that is absent, or was installed by an
   * extension that kept no record, is not known to be.
   */
  async isIntact(version: string): Promise<boolean> {
    const record = this.recordOf(version);
    if (record === undefined || !this.isWhole(version)) {
      return false;
    }
    return (await sha512Of(this.program(version)).catch(() => undefined)) === record.sha512;
  }

  /**
   * Fetches a version, beside those that are there. One of that version that is intact stays; one that is not is
   * replaced.
   *
   * @returns the path of its program
   * @throws `install-failed`; `cancelled` when the signal says so. Nothing is left behind then.
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
   * From now on this process runs this program, if it is one of these: other windows do not remove it meanwhile.
   * Never rejects: at worst another window removes what is used here, and this one looks for another runtime.
   */
  async use(program: string | undefined): Promise<void> {
    await this.marks.use(this.present().find((version) => this.program(version) === program));
  }

  /**
   * Removes all versions, damaged ones too, but the one whose program is in use, and those that other windows use.
   *
   * @returns the versions that were removed, and those that could not be
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

  /** Removes what installations and windows that were killed have left. Never rejects. */
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
      // Windows refuses this while it runs, in another window, say: then it stays whole.
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
      // Another window was faster, or it was there already: what is there is whole, and may be running.
      if (await this.isIntact(version)) {
        return;
      }
      // The same, installed by an extension that kept no record.
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
      // A rename would replace an empty folder, and a file on some systems; what is not known to be empty is looked at.
      // eslint-disable-next-line texts/localized -- only its code is read
      throw Object.assign(new Error(`${final} is there`), { code: 'EEXIST' });
    }
    await fs.promises.rename(unpacked, final);
  }

  /** As far as can be told without reading it. */
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
