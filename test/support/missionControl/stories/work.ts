import type { Scene } from '../scene';
import { caseFor } from './cases';
import { nextEdit } from './edit';
import { quote } from './quote';

/**
 * The usual story, in five turns: look around, see a test fail, ask before running a command, change the code, test it,
 * report. A denied command changes what follows.
 */
export async function work(scene: Scene): Promise<void> {
  const it = caseFor(scene);

  await scene.turn(async () => {
    await scene.intent('Reading the code');
    await scene.think(
      `The task is “${quote(scene.prompt)}”. I should find where this happens before I decide anything, and read its tests.`,
    );
    await scene.act(
      `You asked: “${quote(scene.prompt)}”. I'll look at where that happens first.`,
      { name: 'grep', arguments: { pattern: it.pattern, path: it.folder, output_mode: 'content' }, result: it.matches },
      { name: 'view', arguments: { path: it.file, view_range: [1, it.lines] }, result: it.source },
    );
  });

  const allowed = await scene.turn(async () => {
    await scene.intent('Reproducing it');
    const [done = false] = await scene.act(`${it.finding}\n\nBefore I touch it, I want to see that with a test.`, {
      name: 'bash',
      arguments: { command: it.test, description: it.purpose },
      permission: { intention: it.purpose },
      result: it.failing,
      exitCode: 1,
      takes: 4_000,
    });
    return done;
  });

  const edit = nextEdit(scene, it);
  await scene.turn(async () => {
    if (!allowed) {
      await scene.intent('Working without the tests');
    }
    await scene.intent(`Editing ${String(edit.call.arguments['path'])}`);
    await scene.act(
      allowed
        ? `There it is. ${it.remedy}`
        : `Understood: I won't run \`${it.test}\`. I go by reading alone, and leave the running to you. ${it.remedy}`,
      edit.call,
    );
  });

  if (allowed) {
    await scene.turn(async () => {
      await scene.intent('Running the tests');
      await scene.act('Now the same test again, and all the others with it.', {
        name: 'bash',
        // Already allowed: it is the same command without a filter.
        arguments: { command: it.test, description: 'Run the tests after the change' },
        result: it.passing,
        exitCode: 0,
        takes: 5_000,
      });
    });
  }

  await scene.turn(async () => {
    await scene.push(edit.message);
    const tested = allowed ? 'All tests pass.' : `Nothing was run: please try \`${it.test}\` yourself.`;
    await scene.say(
      `**Done:** ${quote(scene.prompt)}\n\n- ${it.summary}\n- ${tested}\n- The change is one commit on \`${scene.task.branch}\`.`,
    );
    await scene.finish(`${it.summary} ${tested}`);
  });
}
