import { secrets } from '../../core/redaction/secrets';
import {
  networkSignature,
  networkVariablesOf,
  withNetwork,
  type RuntimeNetwork,
} from '../../runtime/network/runtimeNetwork';
import { runtimeEnvironment } from '../../runtime/platform/environment';
import { readEditorNetwork, readRuntimeSettings } from '../common/settings';

/** How the runtime reaches the network: the variables of the one that was started last, and what they would be now. */
export class NetworkVariables {
  private started: string | undefined;

  /**
   * For a runtime that is about to be started: see `withNetwork`.
   *
   * @param environment all else that it has, `cloudSessions.runtime.env` among it
   */
  apply(environment: Readonly<Record<string, string>>): RuntimeNetwork {
    const network = this.compute(environment);
    this.started = networkSignature(network.environment);
    return network;
  }

  /** What a runtime would have that is started now. */
  get now(): RuntimeNetwork {
    return this.compute(runtimeEnvironment(process.env, { extra: readRuntimeSettings().env }));
  }

  /** The network's alone, for another program that is to reach what the runtime reaches. */
  get variables(): Record<string, string> {
    return networkVariablesOf(this.now.environment);
  }

  /** Whether a restart would make a difference. */
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
