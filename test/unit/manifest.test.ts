import assert from 'node:assert/strict';
import {
  Command,
  ContextKey,
  EXTENSION_ID,
  LOG_LANGUAGE,
  PROMPT_LANGUAGE,
  RowFlag,
  Setting,
  View,
  ViewContainer,
} from '../../src/manifest';
import type { EmptyReason } from '../../src/ui/runtime/situation';
import { readManifest } from '../support/packageManifest';

interface Manifest {
  readonly publisher: string;
  readonly name: string;
  readonly displayName: string;
  readonly engines: { readonly vscode: string };
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly category: string; readonly title: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly scope: string }>> };
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string }[] };
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsWelcome: readonly { readonly view: string; readonly when: string; readonly contents: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when: string }[]>>;
    readonly keybindings: readonly { readonly command: string; readonly when: string }[];
    readonly languages: readonly { readonly id: string }[];
  };
}

const manifest = readManifest() as Manifest;
const { contributes } = manifest;
const sorted = (ids: readonly string[]): readonly string[] => [...ids].sort();

describe('the manifest and the code', () => {
  it('agree on who the extension is', () => {
    assert.equal(`${manifest.publisher}.${manifest.name}`, EXTENSION_ID);
    assert.equal(manifest.displayName, 'Cloud Sessions for GitHub Copilot');
    assert.equal(manifest.engines.vscode, '^1.100.0');
  });

  it('agree on the commands, all in one category', () => {
    assert.deepEqual(sorted(contributes.commands.map(({ command }) => command)), sorted(Object.values(Command)));
    assert.deepEqual([...new Set(contributes.commands.map(({ category }) => category))], ['Cloud Sessions']);
  });

  it('agree on the settings; those about the runtime no workspace may choose', () => {
    const { properties } = contributes.configuration;
    assert.deepEqual(sorted(Object.keys(properties)), sorted(Object.values(Setting)));
    const runtime = Object.keys(properties).filter(
      (id) => id.startsWith('cloudSessions.runtime.') || id === Setting.auth,
    );
    assert.deepEqual([...new Set(runtime.map((id) => properties[id]?.scope))], ['machine']);
    assert.deepEqual(sorted(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations), sorted(runtime));
  });

  it('agree on views and language', () => {
    assert.deepEqual(
      contributes.viewsContainers.activitybar.map(({ id }) => id),
      Object.values(ViewContainer),
    );
    assert.deepEqual(
      Object.values(contributes.views)
        .flat()
        .map(({ id }) => id),
      Object.values(View),
    );
    assert.deepEqual(
      contributes.languages.map(({ id }) => id),
      [LOG_LANGUAGE, PROMPT_LANGUAGE],
    );
  });

  it('use only commands, context keys and row flags that exist', () => {
    const commands = new Set<string>(Object.values(Command));
    const flags = new Set<string>(Object.values(RowFlag));
    for (const { command, when } of Object.values(contributes.menus).flat()) {
      assert.ok(commands.has(command), command);
      for (const [, flag] of when.matchAll(/\\b(\w+)\\b/g)) {
        assert.ok(flags.has(flag ?? ''), `${flag} in ${when}`);
      }
    }
    for (const { when, contents } of contributes.viewsWelcome) {
      assert.ok(when.startsWith(`${ContextKey.empty} == `), when);
      for (const [, command] of contents.matchAll(/\(command:(cloudSessions\.[\w.]+)[?)]/g)) {
        assert.ok(commands.has(command ?? ''), command);
      }
    }
  });

  it('bind keys to commands that exist, in the list while nothing is being typed, and in prompts', () => {
    const commands = new Set<string>(Object.values(Command));
    for (const { command, when } of contributes.keybindings) {
      assert.ok(commands.has(command), command);
      const place =
        command === Command.sendComposed
          ? `editorTextFocus && editorLangId == ${PROMPT_LANGUAGE}`
          : `focusedView == ${View.sessions} && !inputFocus`;
      assert.equal(when, place);
    }
  });

  it('has a welcome view for each reason that the list may be empty', () => {
    // The type makes the compiler check that the reasons are complete.
    const reasons: Readonly<Record<EmptyReason | 'filtered', true>> = {
      starting: true,
      stopped: true,
      noRuntime: true,
      failed: true,
      serverAway: true,
      notSignedIn: true,
      signInRefused: true,
      signInDoubtful: true,
      noAccess: true,
      noEntitlement: true,
      forbiddenByPolicy: true,
      listFailed: true,
      cannotList: true,
      noSessions: true,
      filtered: true,
    };
    assert.deepEqual(
      sorted(contributes.viewsWelcome.map(({ when }) => when.split(' == ')[1] ?? '')),
      sorted(Object.keys(reasons)),
    );
  });
});
