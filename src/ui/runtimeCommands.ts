import * as vscode from 'vscode';
import { Command } from '../manifest';
import { askServerToken } from './account/serverTokenPrompt';
import type { ServerTokens } from './account/serverTokens';
import { byHand, readDiagnoseArgument, readWord } from './commands/commandArguments';
import { never, registerCommand, registerCommands } from './commands/registerCommand';
import type { RuntimeLog } from './common/runtimeLog';
import type { Diagnosis } from './runtime/diagnoseCommand';
import type { RuntimeController } from './runtime/runtimeController';
import type { SignInCommand } from './runtime/signIn';

/** The commands for the runtime and its sign-in; `registerCommand.ts` handles their results and failures. */
export class RuntimeCommands {
  constructor(
    private readonly controller: Pick<RuntimeController, 'restart'>,
    private readonly log: Pick<RuntimeLog, 'show'>,
    private readonly serverTokens: ServerTokens,
    private readonly signIn: Pick<SignInCommand, 'run'>,
    private readonly diagnosis: Pick<Diagnosis, 'run'>,
  ) {}

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      registerCommands({
        [Command.restartRuntime]: () => this.controller.restart(),
        [Command.showRuntimeLog]: () => this.log.show(),
        [Command.diagnose]: (argument) => this.diagnose(argument),
        [Command.setServerToken]: () => this.setServerToken(),
      }),
      // The links of the welcome views pass how to sign in.
      registerCommand(
        Command.signIn,
        (how) =>
          this.signIn.run(
            byHand(how) ? undefined : readWord(how, Command.signIn, ['vscode', 'runtime', 'again', 'other']),
          ),
        never,
      ),
    );
  }

  private async diagnose(argument: unknown): Promise<string> {
    const shows = byHand(argument);
    if (!shows) {
      readDiagnoseArgument(argument);
    }
    return this.diagnosis.run(shows);
  }

  private async setServerToken(): Promise<void> {
    if (await askServerToken(this.serverTokens)) {
      await this.controller.restart();
    }
  }
}
