import type { Scene } from '../scene';
import { quote } from './quote';

/** Asks for a form, as tools of an MCP server may. */
export async function form(scene: Scene): Promise<void> {
  await scene.turn(async () => {
    await scene.intent('Preparing the deployment');
    await scene.say(`For “${quote(scene.prompt)}” the deployment tool needs to know a few things.`);
    const { action, content } = await scene.askForForm('Where should this be deployed?', {
      type: 'object',
      properties: {
        environment: { type: 'string', title: 'Environment', enum: ['staging', 'production'], default: 'staging' },
        replicas: { type: 'integer', title: 'Replicas', minimum: 1, maximum: 10, default: 2 },
        notify: { type: 'boolean', title: 'Notify the team', default: true },
        reason: { type: 'string', title: 'Reason', minLength: 3 },
      },
      required: ['environment', 'reason'],
    });
    if (action === 'accept') {
      await scene.act(`Deploying with: ${JSON.stringify(content)}.`, {
        name: 'deploy',
        arguments: { options: JSON.stringify(content) },
        result: 'Deployed revision 4f1c2d9.',
        takes: 3_000,
      });
      await scene.finish('Deployed revision 4f1c2d9.');
    } else {
      await scene.say(action === 'decline' ? 'Declined: nothing is deployed.' : 'Cancelled: nothing is deployed.');
    }
  });
}
