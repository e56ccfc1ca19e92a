import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installedRuntimes } from './runtimes';

/** A node of a JSON schema, as far as the runtime's schemas use it. */
export interface SchemaNode {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

/** A runtime's description of its own events. */
export interface RuntimeSchema {
  /** The runtime's version. */
  readonly version: string;
  /** Path of the file from which it was read. */
  readonly file: string;
  readonly definitions: Readonly<Record<string, SchemaNode>>;
  /** The schema of each type's event. */
  readonly events: ReadonlyMap<string, SchemaNode>;
}

const FILE = path.join('schemas', 'session-events.schema.json');

/**
 * The schemas of the runtimes among the dev dependencies. The SDK's runtime has its schema as a file. The newest
 * runtime has it inside its executable, which unpacks itself into a given folder (1.6 s, 235 MB, deleted afterwards).
 *
 * @param repository absolute path of the checkout
 * @throws if a schema is not found, with the places that were searched
 */
export function runtimeSchemas(repository: string): readonly RuntimeSchema[] {
  return installedRuntimes(repository).map(({ name, version, executable }) =>
    name === 'newest' ? unpacked(version, executable) : readSchema(version, packageOf(executable)),
  );
}

/** The folder of the package that contains the executable. */
function packageOf(executable: string): string {
  let folder = path.dirname(executable);
  while (!existsSync(path.join(folder, 'package.json')) && path.dirname(folder) !== folder) {
    folder = path.dirname(folder);
  }
  return folder;
}

function unpacked(version: string, executable: string): RuntimeSchema {
  const cache = mkdtempSync(path.join(tmpdir(), 'runtime-schema-'));
  try {
    execFileSync(executable, ['--binary-version'], {
      env: { ...process.env, COPILOT_PKG_CACHE_HOME: cache, COPILOT_SEA_EXTRACT_ONLY: '1' },
      stdio: 'ignore',
      timeout: 50_000,
    });
    const platforms = path.join(cache, 'pkg');
    const [platform = ''] = existsSync(platforms) ? readdirSync(platforms) : [];
    return readSchema(version, path.join(platforms, platform, version));
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

function readSchema(version: string, folder: string): RuntimeSchema {
  const file = path.join(folder, FILE);
  if (!existsSync(file)) {
    throw new Error(`The schema of the events of runtime ${version} is not where it was looked for: ${file}`);
  }
  const { definitions } = JSON.parse(readFileSync(file, 'utf8')) as Pick<RuntimeSchema, 'definitions'>;
  const schema = { version, file, definitions };
  const events = new Map<string, SchemaNode>();
  for (const variant of variantsOf(definitions['SessionEvent'] ?? {}, definitions)) {
    events.set(String(variant.properties?.['type']?.const), variant);
  }
  if (events.size === 0 || events.has('undefined')) {
    throw new Error(`The schema of the events of runtime ${version} has another form than is known here: ${file}`);
  }
  return { ...schema, events };
}

/** The alternatives that a node allows, with references resolved. */
export function variantsOf(node: SchemaNode, definitions: RuntimeSchema['definitions']): readonly SchemaNode[] {
  if (node.$ref !== undefined) {
    return variantsOf(definitions[node.$ref.split('/').pop() ?? ''] ?? {}, definitions);
  }
  const variants = node.anyOf ?? node.oneOf;
  return variants === undefined ? [node] : variants.flatMap((variant) => variantsOf(variant, definitions));
}
