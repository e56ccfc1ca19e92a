import type { Scene } from '../scene';
import { quote } from './quote';

/** Asks what the user wants before it writes anything. */
export async function question(scene: Scene): Promise<void> {
  const storage = await scene.turn(async () => {
    await scene.intent('Finding out what is wanted');
    await scene.say(`“${quote(scene.prompt)}” can be read in more than one way, so I'd rather ask.`);
    const { answer, wasFreeform } = await scene.askUser('Which storage should the log of arrivals use?', [
      'SQLite',
      'PostgreSQL',
      'A plain file',
    ]);
    await scene.say(
      answer === ''
        ? 'No answer: I take the simplest, a plain file.'
        : `${answer} it is${wasFreeform ? ', though it was not on my list' : ''}.`,
    );
    return answer === '' ? 'a plain file' : answer;
  });
  await scene.turn(async () => {
    const note = `# Storage\n\nArrivals are kept in ${storage}.\n`;
    await scene.act('I write down what that means for the project.', {
      name: 'create',
      arguments: { path: 'docs/storage.md', file_text: note },
      result: `Created file docs/storage.md with ${note.length} characters.`,
      does: (machine) => machine.noteEdit('docs/storage.md', '', note),
    });
    await scene.push(`Say that arrivals are kept in ${storage}`);
    await scene.finish(`Arrivals are kept in ${storage}.`);
  });
}
