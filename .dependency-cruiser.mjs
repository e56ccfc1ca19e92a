/**
 * The folders of `src`, bottom to top: a file may import files of its own folder and of the folders before it. Checked
 * by `npm run lint`. What a layer may import from outside (`vscode`, Node's modules) is in `eslint.config.mjs`.
 */
const FOLDERS = [
  'system',
  ...[
    ...['common', 'redaction', 'errors', 'github', 'changes', 'events', 'eventLog', 'usage', 'frames'],
    ...['rendering', 'rendering/formatters', 'rendering/log', 'rendering/markdown'],
    ...[
      'rpc',
      'routing',
      'activity',
      'prompts',
      'review',
      'arguments',
      'history',
      'session',
      'client',
      'store',
      'questions',
    ],
  ].map((folder) => `core/${folder}`),
  ...['platform', 'network', 'install', 'processes'].map((folder) => `runtime/${folder}`),
  'runtime',
  'git',
  'git/apply',
  'github',
  'storage',
  // These files import nothing of ours: the API's types, and the names that `package.json` and the code share.
  'api.ts',
  'manifest.ts',
  ...['common', 'rows', 'commands', 'git', 'account', 'runtime'].map((folder) => `ui/${folder}`),
  ...['create', 'prompts', 'transcripts', 'changes', 'pullRequests', 'list', 'questions'].map(
    (folder) => `ui/${folder}`,
  ),
  'ui',
  'extension.ts',
];

/** Folders that must not import each other. */
const SEPARATE = [
  ['core/rendering/log', 'core/rendering/markdown'],
  ['runtime', 'storage'],
  ['git', 'storage'],
  ...['runtime', 'git', 'storage', 'system'].map((folder) => ['github', folder]),
];

const LAYERS = ['core', 'runtime', 'git', 'github', 'storage', 'system', 'ui'];

/** A pattern for the files directly in a folder, or for a single file. */
function filesOf(folder) {
  return folder.endsWith('.ts') ? `^src/${folder}$` : `^src/${folder}/[^/]+$`;
}

export default {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one, or what both need belongs to a third.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-circles-of-folders',
      severity: 'error',
      scope: 'folder',
      // The root is exempt: its composition root imports everything, and everything imports its leaves.
      from: { path: '^src/.' },
      to: { circular: true, path: '^src/.' },
    },
    {
      name: 'every-folder-is-listed',
      comment: 'A new folder gets its place in FOLDERS.',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: FOLDERS.map(filesOf) },
    },
    ...FOLDERS.slice(0, -1).map((folder, index) => ({
      name: `imports-go-down-from-${folder}`,
      comment: 'A folder imports only itself and the folders below it (FOLDERS).',
      severity: 'error',
      from: { path: filesOf(folder) },
      to: { path: FOLDERS.slice(index + 1).map(filesOf) },
    })),
    ...SEPARATE.flatMap(([a, b]) => [
      [a, b],
      [b, a],
    ]).map(([from, to]) => ({
      name: `${from}-apart-from-${to}`,
      severity: 'error',
      from: { path: LAYERS.includes(from) ? `^src/${from}/` : filesOf(from) },
      to: { path: LAYERS.includes(to) ? `^src/${to}/` : filesOf(to) },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type-only imports count: readers depend on them too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
