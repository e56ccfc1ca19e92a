import { GitHubHost, gitHubHostOf, type GitHubHostReading } from '../../core/github/gitHubHost';
import { runtimeEnvironment } from '../../runtime/platform/environment';
import { readRuntimeSettings } from '../common/settings';

/** Whether names of environment variables have no case on this machine. */
export const VARIABLES_IGNORE_CASE = process.platform === 'win32';

/** Which GitHub host the runtime works with: as it reports itself, else by the environment that it is given. */
export class RuntimeGitHub {
  private launched: GitHubHostReading | undefined;
  private reported: string | undefined;

  get current(): GitHubHostReading {
    const reported = GitHubHost.read(this.reported ?? '', 'What the runtime calls its GitHub');
    // What a server's environment is like, only the server knows.
    return reported ?? (readRuntimeSettings().server === '' ? this.ofEnvironment : { host: GitHubHost.dotCom });
  }

  /** The name of the current host for people, or why there is none. */
  get text(): string {
    const { host, problem } = this.current;
    const isGuess = readRuntimeSettings().server !== '' && this.reported === undefined;
    return `${host?.name ?? `not known: ${problem ?? ''}`}${isGuess ? ', as far as known: the server has not said it' : ''}`;
  }

  /** By the environment of the runtime that was started last, or that would be started now. */
  get ofEnvironment(): GitHubHostReading {
    const { env } = readRuntimeSettings();
    return this.launched ?? gitHubHostOf(runtimeEnvironment(process.env, { extra: env }), VARIABLES_IGNORE_CASE);
  }

  /** @param launched the host of the environment that a runtime is being started with; `undefined` before that is known */
  setLaunched(launched: GitHubHostReading | undefined): void {
    this.launched = launched;
  }

  /** @param reported what the connected runtime calls its host; `undefined` if it has not said */
  setReported(reported: string | undefined): void {
    this.reported = reported;
  }
}
