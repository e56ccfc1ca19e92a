interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity?: string } | undefined>>;
}

const ROOT = 'node_modules/@github/copilot';

/**
 * The source of `pinnedRuntime.ts`: the version of `@github/copilot` in a `package-lock.json`, and the sha512 of its
 * package for each platform.
 *
 * @throws {Error} if a platform's package has no sha512 or another version
 */
export function pinnedRuntimeSource(lock: unknown): string {
  const { packages } = lock as Lock;
  const version = packages[ROOT]?.version;
  const platforms = Object.entries(packages).filter(([name]) => name.startsWith(`${ROOT}-`) && !name.includes('-sdk'));
  if (version === undefined || platforms.length === 0) {
    throw new Error('package-lock.json has no @github/copilot with its platforms.');
  }
  const lines = platforms.map(([name, entry]) => {
    const sha512 = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(entry?.integrity ?? '')?.[1];
    if (sha512 === undefined || entry?.version !== version) {
      throw new Error(`package-lock.json has no sha512 of ${name} ${version}.`);
    }
    return `  '${name.replace('node_modules/', '')}':\n    '${sha512}',\n`;
  });
  return `// Written by scripts/pinRuntime.ts from package-lock.json; not by hand.

/** The version that is installed: the one that the tests run against. */
export const PINNED_RUNTIME = '${version}';

/** The sha512 of that version's package for each platform, in base64. */
export const PINNED_SHA512: Readonly<Record<string, string>> = {
${lines.join('')}};
`;
}
