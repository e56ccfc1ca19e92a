import type { Scene } from '../scene';
import { failure } from './failure';
import { form } from './form';
import { move } from './move';
import { plan } from './plan';
import { question } from './question';
import { quote } from './quote';
import { work } from './work';

export type Story = (scene: Scene) => Promise<void>;

const STORIES = { work, question, plan, form, move, failure, short } as const satisfies Readonly<Record<string, Story>>;

export type StoryName = keyof typeof STORIES;

/** `full`: words in the prompt choose the story. `none`: the agent starts and never does anything. */
export type StoryChoice = StoryName | 'full' | 'none';

/** Words in a prompt that choose a story, so that nobody needs a setting to see one. The first match counts. */
const WORDS: readonly (readonly [pattern: RegExp, story: StoryName])[] = [
  [/\bask me\b/i, 'question'],
  [/\bform\b/i, 'form'],
  [/\bplan\b/i, 'plan'],
  [/\bmove the pilot\b/i, 'move'],
  [/\bgive up\b/i, 'failure'],
];

export function storyFor(choice: StoryChoice, prompt: string): Story | undefined {
  switch (choice) {
    case 'none':
      return undefined;
    case 'full':
      return STORIES[WORDS.find(([pattern]) => pattern.test(prompt))?.[1] ?? 'work'];
    default:
      return STORIES[choice];
  }
}

export const STORY_CHOICES: readonly StoryChoice[] = ['full', 'none', ...(Object.keys(STORIES) as StoryName[])];

/** One turn and one message: the fewest events that a session can have. */
async function short(scene: Scene): Promise<void> {
  await scene.turn(() => scene.say(`Done: ${quote(scene.prompt)}`));
}
