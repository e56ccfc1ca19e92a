import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';
import { localizedText } from './scripts/lint/localizedText.mjs';
import { noForeignText } from './scripts/lint/noForeignText.mjs';

/** The core may import only `vscode-jsonrpc` from outside; the rules of the other layers follow from that. */
const forbid = (message, ...group) => ({ group, message });
const layer = (files, ...patterns) => ({
  files,
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
});

const EXPORTS = [
  { selector: 'ExportDefaultDeclaration', message: 'No default exports.' },
  { selector: 'ExportAllDeclaration', message: 'No barrels.' },
];

export default tseslint.config(
  { ignores: ['dist/', 'dist-test/', '.vscode-test/', 'node_modules/', '**/*.vsix'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.mjs', '.dependency-cruiser.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // VS Code's disposables are structural: any object with a `dispose` method is one.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...EXPORTS],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/ui/commands/registerCommand.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...EXPORTS,
        {
          selector: 'MemberExpression[property.name=/^register(TextEditor)?Command$/]',
          message: 'Commands are registered by registerCommand, which reports their failures.',
        },
      ],
    },
  },
  {
    // Text from outside enters only through the redaction.
    files: ['src/**'],
    ignores: ['src/core/redaction/**'],
    plugins: { local: { rules: { 'no-foreign-text': noForeignText } } },
    rules: { 'local/no-foreign-text': 'error' },
  },
  {
    files: ['src/**'],
    plugins: { texts: { rules: { localized: localizedText } } },
    rules: { 'texts/localized': 'error' },
  },
  layer(
    ['src/core/**'],
    forbid(
      'The core runs in plain Node and starts nothing: no vscode, no node modules.',
      'vscode',
      'node:*',
      'child_process',
      'fs',
      'net',
      'path',
      'os',
    ),
    forbid(
      'Imports go down only: core imports neither runtime, storage nor ui.',
      '**/runtime/*',
      '**/git/*',
      '**/storage/*',
      '**/system/*',
      '**/ui/*',
      '**/extension',
      '**/manifest',
    ),
  ),
  layer(
    ['src/runtime/**'],
    forbid('The runtime layer knows no editor.', 'vscode'),
    forbid('Imports go down only: runtime imports core, not ui.', '**/ui/*', '**/storage/*', '**/extension'),
  ),
  layer(
    ['src/git/**'],
    forbid('Git as a program knows no editor.', 'vscode'),
    forbid('Imports go down only: git imports core and runtime/platform.', '**/ui/*', '**/storage/*', '**/extension'),
  ),
  layer(
    ['src/github/**'],
    forbid('The client of GitHub knows no editor.', 'vscode'),
    forbid(
      'Imports go down only: the client of GitHub imports core alone.',
      '**/ui/*',
      '**/storage/*',
      '**/runtime/*',
      '**/git/*',
      '**/system/*',
      '**/extension',
    ),
  ),
  layer(
    ['src/storage/**'],
    forbid('The storage knows no editor.', 'vscode'),
    forbid('Imports go down only: storage imports core, not ui.', '**/ui/*', '**/runtime/*', '**/extension'),
  ),
  layer(
    ['src/system/**'],
    forbid(
      'The system is below all that runs on it: it knows neither the editor nor any other layer.',
      'vscode',
      '../*',
    ),
  ),
  layer(['src/ui/**'], forbid('Only the composition root composes.', '**/extension')),
  {
    files: ['test/**', 'scripts/**'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    // Plain JavaScript is for what has to run before anything is installed.
    files: ['**/*.mjs', '**/*.cjs'],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
        require: 'readonly',
        module: 'readonly',
      },
    },
    rules: { 'no-console': 'off', 'no-restricted-syntax': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
);
