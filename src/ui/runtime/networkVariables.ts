import { secrets } from '../../core/redaction/secrets';
import {
  networkSignature,
  networkVariablesOf,
  withNetwork,
  type RuntimeNetwork,
} from '../../runtime/network/runtimeNetwork';
import { runtimeEnvironment } from '../../runtime/platform/environment';
import { readEditorNetwork, readRuntimeSettings } from '../common/settings';

/** The runtime's network variables: those of the last started runtime, and those that a new one would get. */
export class NetworkVariables {
  private started: string | undefined;

  /**
   * The environment for a runtime that is being started: see `withNetwork`.
   *
   * @param environment all other variables, including those of `cloudSessions.runtime.env`
   */
  apply(environment: Readonly<Record<string, string>>): RuntimeNetwork {
    const network = this.compute(environment);
    this.started = networkSignature(network.environment);
    return network;
  }

  /** The environment that a runtime would get if it were started now. */
  get now(): RuntimeNetwork {
    return this.compute(runtimeEnvironment(process.env, { extra: readRuntimeSettings().env }));
  }

  /** The network variables alone, for another program that has to reach the same hosts as the runtime. */
  get variables(): Record<string, string> {
    return networkVariablesOf(this.now.environment);
  }

  /** Whether the variables differ from those of the last started runtime. */
  get hasChanged(): boolean {
    return this.started !== undefined && networkSignature(this.now.environment) !== this.started;
  }

  private compute(environment: Readonly<Record<string, string>>): RuntimeNetwork {
    const editor = readEditorNetwork();
    if (editor.proxyAuthorization !== undefined) {
      secrets.add(editor.proxyAuthorization.replace(/^\s*\S+\s+/, ''));
    }
    return withNetwork(environment, { inherited: process.env, extra: readRuntimeSettings().env, editor });
  }
}
