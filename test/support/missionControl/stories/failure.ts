import type { Scene } from '../scene';
import { caseFor } from './cases';
import { quote } from './quote';

/** Begins well, gets a warning, and ends with an error. */
export async function failure(scene: Scene): Promise<void> {
  const it = caseFor(scene);
  await scene.turn(async () => {
    await scene.intent('Installing the dependencies');
    await scene.act(`I set up the project for “${quote(scene.prompt)}”.`, {
      name: 'view',
      arguments: { path: it.file, view_range: [1, it.lines] },
      result: it.source,
    });
    await scene.warn('rate_limit', 'The model is busy; trying again in 5 seconds.');
    await scene.pause(5_000);
  });
  await scene.fail({
    errorType: 'rate_limit',
    message: 'You have reached the limit of premium requests for this month.',
    statusCode: 429,
    remediation: 'show_account',
  });
}
