/**
 * The rooms of `src`, bottom to top: a file may import files of its own room and of the rooms before it. Run by
 * `npm run lint`. What a layer may know of the outside (`vscode`, Node's modules) is in `eslint.config.mjs`.
 */
const ROOMS = [
  'system',
  ...[
    ...['common', 'redaction', 'errors', 'github', 'events'],
    ...['rendering', 'rendering/formatters', 'rendering/log', 'rendering/markdown'],
    ...['rpc', 'routing', 'activity', 'prompts', 'arguments', 'history', 'session', 'client', 'store', 'questions'],
  ].map((folder) => `core/${folder}`),
  ...['platform', 'network', 'install', 'processes'].map((folder) => `runtime/${folder}`),
  'runtime',
  'storage',
  // Files that import nothing of ours: the API's types, and the names that `package.json` and the code share.
  'api.ts',
  'manifest.ts',
  ...['common', 'rows', 'commands', 'git', 'account', 'runtime'].map((folder) => `ui/${folder}`),
  ...['create', 'prompts', 'transcripts', 'list', 'questions'].map((folder) => `ui/${folder}`),
  'ui',
  'extension.ts',
];

/** Rooms that stand side by side: neither imports the other. */
const APART = [
  ['core/rendering/log', 'core/rendering/markdown'],
  ['runtime', 'storage'],
];

const LAYERS = ['core', 'runtime', 'storage', 'ui'];

/** The files of a room: not those of rooms within it. */
function filesOf(room) {
  return room.endsWith('.ts') ? `^src/${room}$` : `^src/${room}/[^/]+$`;
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
      // The root has the composition root, which imports all, and leaves that all import.
      from: { path: '^src/.' },
      to: { circular: true, path: '^src/.' },
    },
    {
      name: 'every-room-is-listed',
      comment: 'A new folder gets its place in ROOMS.',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: ROOMS.map(filesOf) },
    },
    ...ROOMS.slice(0, -1).map((room, index) => ({
      name: `imports-go-down-from-${room}`,
      comment: 'A room imports only itself and the rooms below it (ROOMS).',
      severity: 'error',
      from: { path: filesOf(room) },
      to: { path: ROOMS.slice(index + 1).map(filesOf) },
    })),
    ...APART.flatMap(([a, b]) => [
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
    // Imports of types count: they tie files together for whoever reads them.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
