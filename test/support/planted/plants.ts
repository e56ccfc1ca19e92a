import { randomBytes } from 'node:crypto';

/** Secrets in a user's setup, and the settings and variables that contain them. */
export interface Plants {
  /** By name of their sources. */
  readonly secrets: Readonly<Record<string, string>>;
  /** `cloudSessions.runtime.env` */
  readonly env: Readonly<Record<string, string>>;
  /** `cloudSessions.runtime.args` */
  readonly args: readonly string[];
  /** The environment of VS Code. */
  readonly inherited: Readonly<Record<string, string>>;
}

/** Plants a new secret in every place from which the runtime gets one. */
export function plantSecrets(): Plants {
  const secrets = {
    'a setting, by its name': madeUp(32),
    'a setting, by its look': madeUp(36),
    'a setting of two lines': `${madeUp(40)}\n${madeUp(40)}`,
    'a header in an argument': madeUp(30),
    'an option': madeUp(31),
    'the environment, a token of GitHub’s': `ghp_${madeUp(36)}`,
    'the environment, another key': `${madeUp(12)}+/${madeUp(14)}=`,
    'the password of a proxy': `${madeUp(10)}@:/${madeUp(14)}`,
  };
  return {
    secrets,
    env: {
      LEAKY_API_KEY: secrets['a setting, by its name'],
      LEAKY_SETTING: secrets['a setting, by its look'],
      LEAKY_PRIVATE_KEY: secrets['a setting of two lines'],
    },
    args: [
      '--header',
      `Authorization: Bearer ${secrets['a header in an argument']}`,
      `--leaky-token=${secrets['an option']}`,
    ],
    inherited: {
      GITHUB_TOKEN: secrets['the environment, a token of GitHub’s'],
      COPILOT_PROVIDER_API_KEY: secrets['the environment, another key'],
      HTTPS_PROXY: `http://octo:${encodeURIComponent(secrets['the password of a proxy'])}@127.0.0.1:9`,
    },
  };
}

/** A random string with at least one upper-case letter, one lower-case letter and one digit. */
export function madeUp(length: number): string {
  for (;;) {
    const text = randomBytes(2 * length)
      .toString('base64')
      .replaceAll(/[+/=]/g, '')
      .slice(0, length);
    if (/\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text)) {
      return text;
    }
  }
}
