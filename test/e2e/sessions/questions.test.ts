import assert from 'node:assert/strict';
import { ViewContainer } from '../../../src/manifest';
import { TOKEN } from '../../support/missionControl/environment';
import type { Task } from '../../support/missionControl/task';
import { installedRuntimes, newestRuntime } from '../../support/runtimes';
import { REPOSITORY } from '../../support/vscode/paths';
import { useStage, type Stage } from '../../support/vscode/stage';
import { eventually } from '../../support/eventually';
import type { TreeView } from '../../support/vscode/workbench/view';

const HARBOR = { owner: 'octo-org', name: 'harbor' } as const;

interface Told {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The questions of agents and how a person answers them, with each of the real runtimes. */
for (const runtime of installedRuntimes(REPOSITORY)) {
  describe(`questions, with runtime ${runtime.version}`, function () {
    this.timeout(120_000);
    let stage: Stage;
    let view: TreeView;

    /** Runs a test with one runtime only, because the window behaves the same with each. */
    const itOnce = (title: string, test: () => Promise<void>): void => {
      if (runtime.version === newestRuntime(REPOSITORY).version) {
        it(title, test);
      }
    };

    useStage(
      () => ({ runtime }),
      (opened) => (stage = opened),
    );

    before(async () => {
      stage.service.configure({ story: 'full' });
      view = await stage.workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      await view.waitForRow('Repair the lamp');
    });

    afterEach(async function () {
      if (this.currentTest?.state === 'failed') {
        await stage.workbench.quickInput.escape();
      }
      await stage.workbench.notifications.dismissAll();
    });

    /** Watches a session whose agent asks something. */
    const watch = async (prompt: string): Promise<Task> => {
      const task = stage.service.createTask({ prompt, repository: HARBOR });
      await stage.workbench.runCommand('Cloud Sessions: Refresh');
      await view.clickRow(prompt);
      return task;
    };
    const told = (task: Task, type: string): readonly Told['data'][] =>
      (task.events as readonly Told[]).filter((event) => event.type === type).map(({ data }) => data);
    const completed = async (task: Task, type: string): Promise<Told['data']> =>
      (
        await eventually(
          `${type} of the agent’s`,
          () => told(task, type),
          (all) => all.length > 0,
        )
      )[0]!;
    const asksNoMore = (label: string): Promise<unknown> => view.waitForRow(label, ({ icon }) => icon !== 'question');

    it('has a command allowed by the notification’s button, and logs it', async () => {
      const { workbench } = stage;
      const task = await watch('Count the ships');
      const { severity, buttons, text } = await workbench.notifications.waitFor(
        /“Count the ships”: The agent wants to run/,
      );
      assert.deepEqual([severity, buttons], ['info', ['Allow', 'Allow for This Session', 'Deny']]);
      assert.match(text, /run npm test -- ships\. Why: Run the tests of the ships\./);
      const row = await view.waitForRow('Count the ships', ({ icon }) => icon === 'question');
      assert.ok(row.actions.includes('Answer…'), row.actions.join());
      await workbench.notifications.click(/Count the ships/, 'Allow');
      const { result } = await completed(task, 'permission.completed');
      assert.deepEqual(result, { kind: 'approved' });
      await workbench.output.waitForText('You allowed: run npm test -- ships');
      await asksNoMore('Count the ships');
    });

    it('answers nothing by closing the notification, nor by Enter in the list; the row’s action denies', async () => {
      const { workbench } = stage;
      const task = await watch('Paint the pier');
      await workbench.notifications.waitFor(/“Paint the pier”: The agent wants to run/);
      await workbench.notifications.dismiss(/Paint the pier/);
      const { items } = await view.clickRowAction('Paint the pier', 'Answer…', () =>
        workbench.quickInput.waitFor('Answer: Paint the pier'),
      );
      assert.deepEqual(
        items.map(({ label }) => label),
        ['Decide Later', 'Allow', 'Allow for This Session', 'Deny'],
      );
      await workbench.quickInput.accept();
      await workbench.quickInput.waitForClose();
      assert.deepEqual(told(task, 'permission.completed'), []);
      await view.clickRowAction('Paint the pier', 'Answer…', () =>
        workbench.quickInput.waitFor('Answer: Paint the pier'),
      );
      await workbench.quickInput.choose('Deny');
      const { result } = await completed(task, 'permission.completed');
      assert.deepEqual(result, { kind: 'denied-interactively-by-user' });
      await asksNoMore('Paint the pier');
    });

    it('closes what is answered elsewhere: a late click only says so', async () => {
      const { workbench, service } = stage;
      const task = await watch('Mend the nets');
      await workbench.notifications.waitFor(/“Mend the nets”: The agent wants to run/);
      await view.waitForRow('Mend the nets', ({ icon }) => icon === 'question');
      const { requestId } = told(task, 'permission.requested')[0]!;
      const response = await fetch(`${service.url}/agents/tasks/${task.id}/steer`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          type: 'permission_response',
          content: JSON.stringify({ promptId: requestId, approved: false, scope: 'once' }),
          external_id: 'elsewhere',
        }),
      });
      assert.ok(response.ok, String(response.status));
      // The row may know earlier, from the service's list. The question closes when the session shows the answer.
      await workbench.output.waitForText(/Nothing was run/);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const before = task.steers.length;
      await workbench.notifications.click(/“Mend the nets”/, 'Allow');
      await workbench.notifications.waitFor('This was already answered elsewhere.');
      assert.equal(task.steers.length, before);
      assert.deepEqual((await completed(task, 'permission.completed'))['result'], {
        kind: 'denied-interactively-by-user',
      });
    });

    it('takes an answer that is none of the choices', async () => {
      const { workbench } = stage;
      const task = await watch('Store the arrivals, but ask me how');
      const { buttons } = await workbench.notifications.waitFor(/The agent asks: Which storage/);
      assert.deepEqual(buttons, ['SQLite', 'PostgreSQL', 'A plain file', 'More…']);
      await workbench.notifications.click(/Which storage/, 'More…');
      await workbench.quickInput.choose('Other Answer…');
      await workbench.quickInput.waitFor(/Which storage should the log of arrivals use/);
      await workbench.quickInput.enter('Redis');
      const { answer, wasFreeform } = await completed(task, 'user_input.completed');
      assert.deepEqual([answer, wasFreeform], ['Redis', true]);
      await asksNoMore('Store the arrivals, but ask me how');
    });

    it('has a form filled in field by field, each checked, and shows all before it is sent', async () => {
      const { quickInput, notifications } = stage.workbench;
      const task = await watch('Deploy it with the form');
      await notifications.waitFor(/deploy needs to know: Where should this be deployed/);
      await notifications.click(/Where should this be deployed/, 'Fill In…');
      await quickInput.waitFor(/^Environment \(required\)/);
      await quickInput.choose('production');
      await quickInput.waitFor(/^Replicas \(optional\)/);
      await quickInput.enter('11');
      await quickInput.waitFor('Enter a number of at most 10.');
      await quickInput.enter('3');
      await quickInput.waitFor(/^Notify the team/);
      await quickInput.choose('No');
      await quickInput.waitFor(/^Reason \(required\)/);
      await quickInput.enter('ab');
      await quickInput.waitFor('Enter at least 3 characters (now 2).');
      await quickInput.enter('a test');
      const { items } = await quickInput.waitFor('Is this right?');
      assert.deepEqual(
        items.slice(1).map(({ label, description }) => `${label}: ${description}`),
        ['Environment: production', 'Replicas: 3', 'Notify the team: No', 'Reason: a test'],
      );
      await quickInput.choose('Send');
      const { action, content } = await completed(task, 'elicitation.completed');
      assert.deepEqual(
        [action, content],
        ['accept', { environment: 'production', replicas: 3, notify: false, reason: 'a test' }],
      );
      await asksNoMore('Deploy it with the form');
    });

    it('has a plan reviewed before it is approved, with changes', async () => {
      const { quickInput, notifications, page } = stage.workbench;
      const task = await watch('Make a plan');
      const { buttons } = await notifications.waitFor(/The agent has made a plan: /);
      assert.deepEqual(buttons, ['Review Plan…', 'Reject…', 'More…']);
      await notifications.click(/The agent has made a plan/, 'Review Plan…');
      await page.locator('.tab', { hasText: 'Preview Plan.md' }).waitFor();
      const { items } = await quickInput.waitFor('Answer: Make a plan');
      assert.deepEqual(
        items.map(({ label }) => label),
        [
          'Decide Later',
          'Review Plan…',
          'Approve: Implement and Ask for Permissions',
          'Approve: Implement Without Asking',
          'Approve: Keep the Plan Only',
          'Approve with Changes…',
          'Reject…',
        ],
      );
      assert.deepEqual(told(task, 'exit_plan_mode.completed'), []);
      await quickInput.choose('Approve with Changes…');
      await quickInput.waitFor(/What should the agent do differently/);
      await quickInput.enter('Without the report');
      await quickInput.waitFor('How should the agent continue?');
      await quickInput.choose('Approve: Keep the Plan Only');
      const { approved, selectedAction, feedback } = await completed(task, 'exit_plan_mode.completed');
      assert.deepEqual([approved, selectedAction, feedback], [true, 'exit_only', 'Without the report']);
      await asksNoMore('Make a plan');
    });

    it('finds what is open again after a reload, and rejects a plan with the reason', async () => {
      const { workbench } = stage;
      const task = await watch('Plan the harbor');
      await workbench.notifications.waitFor(/“Plan the harbor”: The agent has made a plan/);
      await workbench.reload();
      view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
      await workbench.notifications.waitFor(/“Plan the harbor”: The agent has made a plan/);
      await workbench.runCommand('Cloud Sessions: Questions…', async () => {
        const { items } = await workbench.quickInput.waitFor('1 question is open');
        assert.match(items[0]?.detail ?? '', /^Plan the harbor · octo-org\/harbor · /);
        await workbench.quickInput.choose(/The agent has made a plan/);
        await workbench.quickInput.waitFor('Answer: Plan the harbor');
        await workbench.quickInput.choose('Reject…');
      });
      await workbench.quickInput.waitFor(/Why, or what should the agent do instead/);
      await workbench.quickInput.enter('Too early');
      const { approved, feedback } = await completed(task, 'exit_plan_mode.completed');
      assert.deepEqual([approved, feedback], [false, 'Too early']);
      await asksNoMore('Plan the harbor');
      await workbench.notifications.dismissAll();
      await workbench.runCommand('Cloud Sessions: Questions…');
      await workbench.notifications.waitFor('There are no open questions.');
    });

    itOnce('shows what is to be written in the diff editor, and answers beside it', async () => {
      const { workbench, service } = stage;
      service.configure({ story: 'none' });
      const task = await watch('Write the log');
      const diff =
        '--- a/src/ships.ts\n+++ b/src/ships.ts\n@@ -1,2 +1,2 @@\n const a = 1;\n-const b = 2;\n+const b = 3;\n';
      const permissionRequest = { kind: 'write', fileName: 'src/ships.ts', diff, intention: 'Mend b' } as const;
      task.append('permission.requested', {
        requestId: 'write-1',
        permissionRequest: { ...permissionRequest, canOfferSessionApproval: false },
      });
      const { buttons } = await workbench.notifications.waitFor(/wants to write src\/ships\.ts/);
      assert.deepEqual(buttons, ['Show Changes', 'Allow', 'Deny']);
      await workbench.notifications.click(/wants to write/, 'Show Changes');
      const editor = workbench.page.locator('.monaco-diff-editor');
      await editor.waitFor();
      await eventually(
        'both sides',
        () => editor.innerText(),
        (text) => /const\sb\s=\s2/.test(text) && /const\sb\s=\s3/.test(text),
      );
      await workbench.quickInput.waitFor('Answer: Write the log');
      await workbench.quickInput.choose('Deny');
      await eventually(
        'the answer',
        () => task.steers.at(-1),
        (steer) => steer?.type === 'permission_response',
      );
      assert.equal((JSON.parse(task.steers.at(-1)?.content ?? '{}') as { approved?: unknown }).approved, false);
      task.append('permission.completed', { requestId: 'write-1', result: { kind: 'denied-interactively-by-user' } });
      await asksNoMore('Write the log');
    });
  });
}
