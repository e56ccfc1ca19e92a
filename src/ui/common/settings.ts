import * as vscode from 'vscode';
import { Setting } from '../../manifest';
import { EDITOR_NETWORK_DEFAULTS, type EditorNetwork } from '../../runtime/network/runtimeNetwork';

/** The sign-in that the runtime uses: its own, or VS Code's GitHub account. */
export type Auth = 'runtime' | 'vscode';

export interface RuntimeSettings {
  readonly auth: Auth;
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** `host:port`, or empty for a child process. */
  readonly server: string;
}

/**
 * The settings that determine which program is executed. They have machine scope, so VS Code does not read them from a
 * workspace; in addition, only the user's and the machine's values are read here.
 */
export function readRuntimeSettings(): RuntimeSettings {
  return {
    auth: read(Setting.auth, isString) === 'vscode' ? 'vscode' : 'runtime',
    path: read(Setting.runtimePath, isString) ?? '',
    args: read(Setting.runtimeArgs, isStringArray) ?? [],
    env: read(Setting.runtimeEnv, isStringRecord) ?? {},
    server: (read(Setting.runtimeServer, isString) ?? '').trim(),
  };
}

/** Whether the result of {@link readRuntimeSettings} may have changed; the runtime then needs a restart. */
export function affectsRuntime(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration('cloudSessions.runtime') || event.affectsConfiguration(Setting.auth);
}

/**
 * VS Code's own network settings. Only the user's and the machine's values are read: a workspace must not determine where
 * the sign-in is sent.
 */
export function readEditorNetwork(): EditorNetwork {
  const defaults = EDITOR_NETWORK_DEFAULTS;
  return {
    proxy: read('http.proxy', isString) ?? defaults.proxy,
    noProxy: read('http.noProxy', isStringArray) ?? defaults.noProxy,
    proxySupport: read('http.proxySupport', isString) ?? defaults.proxySupport,
    proxyStrictSSL: read('http.proxyStrictSSL', isBoolean) ?? defaults.proxyStrictSSL,
    systemCertificates: read('http.systemCertificates', isBoolean) ?? defaults.systemCertificates,
    proxyAuthorization: read('http.proxyAuthorization', isFilled),
    proxyKerberosServicePrincipal: read('http.proxyKerberosServicePrincipal', isFilled),
  };
}

/** Whether the result of {@link readEditorNetwork} may have changed. */
export function affectsNetwork(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration('http');
}

function read<T>(setting: string, is: (value: unknown) => value is T): T | undefined {
  const inspected = vscode.workspace.getConfiguration().inspect<unknown>(setting);
  const value = inspected?.globalValue;
  return is(value) ? value : undefined;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isFilled(value: unknown): value is string {
  return isString(value) && value.trim() !== '';
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isString);
}

function isStringRecord(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isString);
}
