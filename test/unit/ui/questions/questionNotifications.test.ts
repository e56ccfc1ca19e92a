import assert from 'node:assert/strict';
import type { Answering as AnsweringType } from '../../../../src/ui/questions/answering';
import type { QuestionNotifications as Notifications } from '../../../../src/ui/questions/questionNotifications';
import type { SessionNotifications as SessionNotificationsType } from '../../../../src/ui/list/sessionNotifications';
import type { SessionStore } from '../../../../src/core/store/sessionStore';
import { EntryTexts } from '../../../../src/ui/questions/entryTexts';
import { StandInVscode } from '../../../support/standInVscode';
import { turn } from '../../../support/memoryRuntime';
import { asked, decided, questionService, shell } from '../../core/questions/questionFixture';

describe('notifications', () => {
  const vscode = new StandInVscode();
  let load: {
    QuestionNotifications: typeof Notifications;
    SessionNotifications: typeof SessionNotificationsType;
    Answering: typeof AnsweringType;
  };

  before(async () => {
    vscode.install();
    load = {
      ...(await import('../../../../src/ui/questions/questionNotifications')),
      ...(await import('../../../../src/ui/questions/answering')),
      ...(await import('../../../../src/ui/list/sessionNotifications')),
    };
  });

  after(() => vscode.uninstall());

  beforeEach(() => {
    vscode.messages.length = 0;
    vscode.commands.length = 0;
  });

  async function open() {
    const world = await questionService();
    const texts = new EntryTexts(world.one);
    const answering = new load.Answering(world.one, {} as never, texts, () => 'Title');
    return { ...world, notifications: new load.QuestionNotifications(world.one, answering, texts, () => 'Title') };
  }
  const shown = () => vscode.messages.map(({ text }) => text);

  describe('of questions', () => {
    it('say what is so when a button is clicked late, and answer nothing', async () => {
      for (const [end, words] of [
        [decided('p1', 'approved'), /already answered elsewhere/],
        [asked('session.idle', ''), /no longer waits/],
      ] as const) {
        vscode.messages.length = 0;
        const { deliver, calls } = await open();
        deliver(shell('p1'));
        deliver(end);
        vscode.messages[0]!.click('Allow');
        await turn();
        assert.match(shown()[1] ?? '', words);
        assert.deepEqual(calls, []);
      }
    });

    it('never say the same while both may be on the screen', async () => {
      const { deliver } = await open();
      deliver(shell('p1'), shell('p2'));
      deliver(decided('p1', 'approved'), decided('p2', 'approved'));
      // Notifications that were shown stay on the screen.
      deliver(shell('p3'));
      assert.equal(new Set(shown()).size, 3);
    });

    it('of questions that are closed take no place from later ones, nor does the message about several', async () => {
      const { deliver } = await open();
      deliver(...Array.from({ length: 8 }, (_, index) => shell(`p${index}`, `echo ${index}`)));
      assert.deepEqual([shown().length, shown()[5]], [6, '8 questions of agents are open.']);
      deliver(shell('p8', 'echo 8'));
      assert.equal(shown().length, 6, 'one message about several is enough');
      deliver(...Array.from({ length: 9 }, (_, index) => decided(`p${index}`, 'approved')));
      deliver(...Array.from({ length: 7 }, (_, index) => shell(`q${index}`, `ls ${index}`)));
      assert.deepEqual([shown().length, shown()[11]], [12, '7 questions of agents are open.']);
    });

    it('remember nothing of questions that are closed', async () => {
      const { deliver, notifications } = await open();
      deliver(...Array.from({ length: 20 }, (_, index) => shell(`p${index}`)));
      deliver(...Array.from({ length: 20 }, (_, index) => decided(`p${index}`, 'approved')));
      for (const message of vscode.messages) {
        message.close();
      }
      await turn();
      const inside = notifications as unknown as Record<'waiting' | 'summarised' | 'texts', Set<unknown>>;
      assert.deepEqual([inside.waiting.size, inside.summarised.size, inside.texts.size], [0, 0, 0]);
    });
  });

  describe('of stops that nothing confirms', () => {
    async function stopped() {
      const world = await questionService();
      const { session } = world;
      const listeners: Record<string, (session: unknown) => void> = {};
      const on = (name: string) => (listener: (session: unknown) => void) => {
        listeners[name] = listener;
        return { dispose: () => undefined };
      };
      const watched = [session];
      const store = {
        onDidOpen: on('open'),
        onDidClose: on('close'),
        onDidChange: on('change'),
        openSessions: watched,
        find: () => undefined,
        getSession: () => watched[0],
      };
      const notifications = new load.SessionNotifications(store as unknown as SessionStore);
      const inside = notifications as unknown as { readonly watches: Map<unknown, unknown> };
      world.deliver(asked('user.message', '', { content: 'work' }));
      void session.abort();
      world.calls.pop()?.answer({ success: true });
      await turn();
      listeners['change']?.(undefined);
      world.timers.advance(10_000);
      listeners['change']?.(undefined);
      const unwatch = (): void => {
        watched.length = 0;
        listeners['close']?.(session);
      };
      return { ...world, inside, unwatch };
    }

    it('stop again what still works', async () => {
      const { calls } = await stopped();
      vscode.messages[0]!.click('Stop Again');
      await turn();
      assert.deepEqual(
        calls.map(({ method }) => method),
        ['session.abort'],
      );
    });

    it('say that the agent has stopped meanwhile, or that nobody watches it any more', async () => {
      const { calls, deliver } = await stopped();
      deliver(asked('session.idle', ''));
      vscode.messages[0]!.click('Stop Again');
      await turn();
      assert.match(shown()[1] ?? '', /has stopped meanwhile/);
      vscode.messages.length = 0;
      const other = await stopped();
      other.unwatch();
      assert.equal(other.inside.watches.size, 0);
      vscode.messages[0]!.click('Stop Again');
      await turn();
      assert.match(shown()[1] ?? '', /no longer watched here/);
      assert.deepEqual([calls, other.calls], [[], []]);
    });
  });
});
