import type { Scene } from '../scene';
import { caseFor } from './cases';
import { quote } from './quote';
import { work } from './work';

/** Writes a plan, and carries it out only if it is approved. */
export async function plan(scene: Scene): Promise<void> {
  const it = caseFor(scene);
  const approved = await scene.turn(async () => {
    await scene.intent('Planning');
    await scene.act(`Before I change anything for “${quote(scene.prompt)}”, a plan.`, {
      name: 'view',
      arguments: { path: it.file, view_range: [1, it.lines] },
      result: it.source,
    });
    const steps = [`See it fail with \`${it.test}\``, it.remedy, 'Run all tests, and report'];
    const answer = await scene.proposePlan(
      it.summary,
      `# ${quote(scene.prompt)}\n\n${steps.map((step, index) => `${index + 1}. ${step}`).join('\n')}\n`,
    );
    const goesOn = answer.approved && answer.selectedAction !== 'exit_only';
    if (!goesOn) {
      const feedback = answer.feedback === undefined ? '' : ` You said: “${quote(answer.feedback)}”.`;
      await scene.say(
        answer.approved ? 'The plan stands; I change nothing.' : `The plan is dropped; nothing was changed.${feedback}`,
      );
    }
    return goesOn;
  });
  if (approved) {
    await work(scene);
  }
}
