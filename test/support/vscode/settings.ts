import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Settings as in `settings.json`, by full name. */
export type Settings = Readonly<Record<string, unknown>>;

export type Theme = 'light' | 'dark' | 'high-contrast';

/** The names of the themes in all supported versions. */
const THEMES: Record<Theme, string> = {
  light: 'Default Light Modern',
  dark: 'Default Dark Modern',
  'high-contrast': 'Default High Contrast',
};

export function themeSettings(theme: Theme): Settings {
  return { 'workbench.colorTheme': THEMES[theme] };
}

/** No welcome pages, no network requests, no animations. */
export const QUIET: Settings = {
  ...themeSettings('dark'),
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.autofetch': false,
  'git.openRepositoryInParentFolders': 'never',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.autoDetectHighContrast': false,
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

export async function writeSettings(folder: string, settings: Settings): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'settings.json'), `${JSON.stringify(settings, undefined, 2)}\n`);
}
