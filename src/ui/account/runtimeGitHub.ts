import * as l10n from '@vscode/l10n';
import { GitHubHost, gitHubHostOf, type GitHubHostReading } from '../../core/github/gitHubHost';
import { runtimeEnvironment } from '../../runtime/platform/environment';
import { readRuntimeSettings } from '../common/settings';

/** Whether names of environment variables are case-insensitive on this platform. */
export const VARIABLES_IGNORE_CASE = process.platform === 'win32';

/** The GitHub host that the runtime works with: the one that it reports, else the one of its environment. */
export class RuntimeGitHub {
  private launched: GitHubHostReading | undefined;
  private reported: string | undefined;

  get current(): GitHubHostReading {
    const source = l10n.t({
      message: 'The host that the runtime reports',
      comment: ['The subject of a sentence such as “{0} is not the name of a host.”'],
    });
    const reported = GitHubHost.read(this.reported ?? '', source);
    // The environment of a running server is unknown.
    return reported ?? (readRuntimeSettings().server === '' ? this.ofEnvironment : { host: GitHubHost.dotCom });
  }

  /** The name of the current host, or why it is unknown, for the diagnosis: Markdown. */
  get text(): string {
    const { host, problem } = this.current;
    if (host === undefined) {
      return l10n.t('unknown: {0}', problem);
    }
    const isAssumed = readRuntimeSettings().server !== '' && this.reported === undefined;
    return isAssumed ? l10n.t('`{0}` (assumed: the server did not report its host)', host.name) : `\`${host.name}\``;
  }

  /** The host according to the environment of the last started runtime, else of one that would be started now. */
  get ofEnvironment(): GitHubHostReading {
    const { env } = readRuntimeSettings();
    return this.launched ?? gitHubHostOf(runtimeEnvironment(process.env, { extra: env }), VARIABLES_IGNORE_CASE);
  }

  /** @param launched the host according to the environment of a runtime that is being started; `undefined` until known */
  setLaunched(launched: GitHubHostReading | undefined): void {
    this.launched = launched;
  }

  /** @param reported the host that the connected runtime reports; `undefined` until it does */
  setReported(reported: string | undefined): void {
    this.reported = reported;
  }
}
