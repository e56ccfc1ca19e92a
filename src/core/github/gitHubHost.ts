import * as l10n from '@vscode/l10n';

/** The account providers of VS Code: one for github.com, and one for the configured enterprise. */
export type AccountProvider = 'github' | 'github-enterprise';

export type GitHubHostKind =
  | 'github.com'
  /** An enterprise on GHE.com: `NAME.ghe.com`. */
  | 'ghe.com'
  /** A GitHub Enterprise Server. */
  | 'server';

/** The host that a text names, or what is wrong with the text, in sentences without secrets. */
export type GitHubHostReading =
  { readonly host: GitHubHost; readonly problem?: undefined } | { readonly host?: undefined; readonly problem: string };

/** The variables that name the runtime's host, in the runtime's order (measured with 1.0.55 and 1.0.102). */
const VARIABLES = ['COPILOT_GH_HOST', 'GH_HOST'] as const;

const LONGEST = 300;
const LABEL = /^[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/;

/** A host of GitHub: github.com, an enterprise on GHE.com, or an Enterprise Server. Two of the same name are equal. */
export class GitHubHost {
  static readonly dotCom = new GitHubHost('github.com', '', 'github.com');

  private constructor(
    /** In lower case and ASCII, without a port. */
    readonly hostname: string,
    /** Empty for the default port of `https`. */
    readonly port: string,
    readonly kind: GitHubHostKind,
  ) {}

  /**
   * Reads a host as people, variables and settings write it: with or without scheme, path, port of `https`, `www.` or
   * `api.`, in any case, with a dot at its end, in any script.
   *
   * @param source the name of the variable or setting that has the text, for the sentence on what is wrong with it
   * @returns `undefined` for a blank text
   */
  static read(text: string, source: string): GitHubHostReading | undefined {
    const trimmed = text.trim();
    if (trimmed === '') {
      return undefined;
    }
    const rest = trimmed.replace(/^https?:\/\//i, '');
    if (trimmed.length > LONGEST || /[\p{Cc}\p{Cf}\s\\<>"'`{}|^]|:\/\//u.test(rest)) {
      return notAHost(source);
    }
    let url: URL;
    try {
      url = new URL(`https://${rest}`);
    } catch {
      return notAHost(source);
    }
    if (/^[^/?#]*@/.test(rest)) {
      return {
        problem: l10n.t(
          '{0} has a user name or a password in it. Write the name of the host alone, such as github.com or acme.ghe.com.',
          source,
        ),
      };
    }
    // Port 80 is that of `http`, and the runtime speaks `https` to every host.
    return GitHubHost.ofName(url.hostname, url.port === '80' ? '' : url.port, source);
  }

  /**
   * The GitHub that serves repositories at a host, as far as its name alone tells: never an Enterprise Server.
   * @param hostname in lower case
   */
  static serving(hostname: string, transport: 'web' | 'ssh'): GitHubHost | undefined {
    const { host } = GitHubHost.ofName(hostname, '', '');
    return host !== undefined && host.kind !== 'server' && host.hosts(transport).includes(hostname) ? host : undefined;
  }

  /** Its unique name: `github.com`, `acme.ghe.com`, `ghes.example.com:8443`. */
  get name(): string {
    return this.port === '' ? this.hostname : `${this.hostname}:${this.port}`;
  }

  /** The base URL of its pages, without a slash at the end. */
  get webBase(): string {
    return `https://${this.name}`;
  }

  /** The base URL of its REST API, without a slash at the end. */
  get apiBase(): string {
    return this.kind === 'server' ? `${this.webBase}/api/v3` : `https://api.${this.name}`;
  }

  /** The hosts that serve its repositories, the usual one first. */
  hosts(transport: 'web' | 'ssh'): readonly string[] {
    const { hostname } = this;
    if (this.kind === 'server') {
      return [hostname];
    }
    // `ssh.` is for networks that only allow port 443.
    return transport === 'web' ? [hostname, `www.${hostname}`] : [hostname, `ssh.${hostname}`, `www.${hostname}`];
  }

  /** Which of VS Code's account providers has its accounts. */
  get accountProvider(): AccountProvider {
    return this.kind === 'github.com' ? 'github' : 'github-enterprise';
  }

  equals(other: GitHubHost | undefined): boolean {
    return other?.name === this.name;
  }

  toString(): string {
    return this.name;
  }

  private static ofName(raw: string, port: string, source: string): GitHubHostReading {
    const full = raw.replace(/\.$/, '');
    const isAddress = full.startsWith('[') || /^\d+(\.\d+){3}$/.test(full);
    if (!isAddress && !(full.length <= 253 && full.split('.').every((label) => LABEL.test(label)))) {
      return notAHost(source);
    }
    const [, site] = /^(?:(?:www|api|ssh)\.)?((?:[^.]+\.ghe|github)\.com)$/.exec(full) ?? [];
    if (site === 'github.com') {
      return port === ''
        ? { host: GitHubHost.dotCom }
        : {
            problem: l10n.t(
              '{0} names port {1}, which github.com does not use. Write the name of the host alone, such as github.com or acme.ghe.com.',
              source,
              port,
            ),
          };
    }
    if (site !== undefined && !/^(?:www|api|ssh)\./.test(site)) {
      return { host: new GitHubHost(site, port, 'ghe.com') };
    }
    if (/(?:^|\.)(?:github|ghe)\.com$/.test(full)) {
      return {
        problem: l10n.t(
          '{0} names {1}, which is neither github.com nor an enterprise on GHE.com. Write the name of the host alone, such as github.com or acme.ghe.com.',
          source,
          full,
        ),
      };
    }
    // The runtime asks `api.HOST`, and adds no second `api.`: with and without it are one host.
    return { host: new GitHubHost(full.replace(/^(?:api\.)+(?=[^.]+\.)/, ''), port, 'server') };
  }
}

function notAHost(source: string): GitHubHostReading {
  return {
    problem: l10n.t(
      '{0} is not the name of a host. Write the name of the host alone, such as github.com or acme.ghe.com.',
      source,
    ),
  };
}

/**
 * The host that the runtime works with, by its environment: an empty variable counts as absent, and without any it is
 * github.com.
 *
 * @param ignoreCase whether names of variables ignore case, as on Windows
 */
export function gitHubHostOf(environment: Readonly<Record<string, string>>, ignoreCase: boolean): GitHubHostReading {
  for (const name of VARIABLES) {
    const reading = GitHubHost.read(environmentVariable(environment, name, ignoreCase) ?? '', name);
    if (reading !== undefined) {
      return reading;
    }
  }
  return { host: GitHubHost.dotCom };
}

/**
 * What to add to an environment, so that the runtime reads the same host from it as `gitHubHostOf`. The runtime reads some
 * spellings differently (`http://HOST` as a host called `http`, `www.github.com`, spaces): they are replaced.
 */
export function pinnedHost(
  environment: Readonly<Record<string, string>>,
  ignoreCase: boolean,
): Readonly<Record<string, string>> {
  const { host } = gitHubHostOf(environment, ignoreCase);
  const written = VARIABLES.map((name) => environmentVariable(environment, name, ignoreCase) ?? '');
  const first = written.find((text) => text !== '') ?? GitHubHost.dotCom.name;
  return host === undefined || first === host.name ? {} : { [VARIABLES[0]]: host.name };
}

/** The value of a variable; see `gitHubHostOf`. */
export function environmentVariable(
  environment: Readonly<Record<string, string>>,
  name: string,
  ignoreCase: boolean,
): string | undefined {
  return ignoreCase ? Object.entries(environment).find(([key]) => key.toUpperCase() === name)?.[1] : environment[name];
}
