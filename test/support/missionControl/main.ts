import { parseArgs } from 'node:util';
import { MissionControl } from './missionControl';
import { STORY_CHOICES, type StoryChoice } from './stories/choose';
import type { Speed } from './timeline';

const USAGE = `Emulates Mission Control on 127.0.0.1 until it gets SIGINT or SIGTERM. Its first line of output is
{"url": "http://127.0.0.1:PORT"}; log lines go to stderr.

  --port N           default: one that is free
  --speed S          human (default), full, or how many times faster than human
  --story S          ${STORY_CHOICES.join(', ')}
  --login NAME       who is signed in (octocat)
  --demo             begins with some tasks
  --until-stdin-ends ends also with whoever started it
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      speed: { type: 'string', default: 'human' },
      story: { type: 'string', default: 'full' },
      login: { type: 'string' },
      demo: { type: 'boolean', default: false },
      'until-stdin-ends': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const emulator = await MissionControl.start({
    port: readNumber('--port', values.port),
    speed: readSpeed(values.speed),
    story: readStory(values.story),
    ...(values.login === undefined ? {} : { login: values.login }),
    log: (line) => process.stderr.write(`${line}\n`),
  });
  if (values.demo) {
    await emulator.seedDemo();
  }
  const stop = (): void => {
    process.stdin.destroy();
    void emulator.dispose();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  if (values['until-stdin-ends']) {
    process.stdin.resume();
    process.stdin.once('end', stop);
  }
  process.stdout.write(`${JSON.stringify({ url: emulator.url })}\n`);
}

function readSpeed(value: string): Speed {
  return value === 'human' || value === 'full' ? value : readNumber('--speed', value);
}

function readStory(value: string): StoryChoice {
  const story = STORY_CHOICES.find((choice) => choice === value);
  if (story === undefined) {
    throw new Error(`--story is one of ${STORY_CHOICES.join(', ')}, not ${value}`);
  }
  return story;
}

function readNumber(option: string, value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0 || value.trim() === '') {
    throw new Error(`${option} is a number, not ${value}`);
  }
  return number;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
