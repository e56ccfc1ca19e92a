import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { CreateSessionWizard } from '../../src/ui/create/createSessionWizard';
import { repositoryEntries, type KnownBranches, type RepositoryList } from '../../src/ui/git/gitRepositories';
import type { QuickInputs } from '../../src/ui/create/quickSteps';

const LIST: RepositoryList = {
  git: 'ready',
  ...repositoryEntries([
    {
      root: 'file:///w/website',
      folder: 'website',
      isCurrent: true,
      head: undefined,
      remotes: [{ name: 'origin', urls: ['git@github.com:octo/website.git'] }],
    },
    {
      root: 'file:///w/api',
      folder: 'api',
      isCurrent: false,
      head: undefined,
      remotes: [
        { name: 'origin', urls: ['https://github.com/octo/api'] },
        { name: 'work', urls: ['https://acme.ghe.com/acme/api'] },
      ],
    },
  ]),
};
const BRANCHES: KnownBranches = {
  names: ['main', 'feature/x'],
  current: [{ name: 'dev', localName: 'dev', folder: 'website', remoteState: 2 }],
};

type Pick = vscode.QuickPick<vscode.QuickPickItem>;
type Input = Pick | vscode.InputBox;

/** The window's real inputs, recorded, with a count of those that are not disposed. */
class Inputs implements QuickInputs {
  readonly made: Input[] = [];
  open = 0;

  createQuickPick<T extends vscode.QuickPickItem>(): vscode.QuickPick<T> {
    return this.track(vscode.window.createQuickPick<T>());
  }

  createInputBox(): vscode.InputBox {
    return this.track(vscode.window.createInputBox());
  }

  private track<T extends vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox>(input: T): T;
  private track<T extends vscode.QuickPickItem>(input: vscode.QuickPick<T>): vscode.QuickPick<T>;
  private track(input: Input): Input {
    this.made.push(input);
    this.open++;
    const dispose = input.dispose.bind(input);
    input.dispose = () => {
      this.open--;
      dispose();
    };
    return input;
  }
}

describe('New Cloud Session asks', () => {
  let inputs: Inputs;

  beforeEach(() => (inputs = new Inputs()));
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await vscode.commands.executeCommand('notifications.clearAll');
    assert.equal(inputs.open, 0, 'not everything was disposed');
  });

  const wizard = (list: Promise<RepositoryList> = Promise.resolve(LIST), branches = Promise.resolve(BRANCHES)) =>
    new CreateSessionWizard(
      { listRepositories: () => list, branchesOf: () => branches, sshHost: () => Promise.resolve(undefined) },
      undefined,
      inputs,
    );

  /** Resolves with the input of that turn once it is on the screen with an active row. */
  const turn = async (number: number): Promise<Input> => {
    await eventually(() => {
      assert.equal(inputs.made.length, number);
      const input = inputs.made[number - 1]!;
      assert.ok(!('activeItems' in input) || input.activeItems.length > 0);
    });
    return inputs.made[number - 1]!;
  };
  const pickTurn = async (number: number): Promise<Pick> => (await turn(number)) as Pick;

  const accept = () => vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
  const back = () => vscode.commands.executeCommand('workbench.action.quickInputBack');
  const escape = () => vscode.commands.executeCommand('workbench.action.closeQuickOpen');
  const active = (pick: Pick) => pick.activeItems[0]?.label;

  const moveTo = async (pick: Pick, label: string): Promise<void> => {
    for (let step = 0; active(pick) !== label; step++) {
      assert.ok(step < pick.items.length, `“${label}” is not among the rows`);
      const before = active(pick);
      await vscode.commands.executeCommand('workbench.action.quickOpenSelectNext');
      await eventually(() => assert.notEqual(active(pick), before));
    }
  };
  /** Types the text, and resolves once the rows have followed. */
  const type = async (pick: Pick, text: string, label: string): Promise<void> => {
    pick.value = text;
    await eventually(() => assert.equal(active(pick), label));
  };

  it('three things, and three times Enter is enough', async () => {
    const result = wizard().run();
    const first = await turn(1);
    assert.deepEqual([first.title, first.step, first.totalSteps], ['New Cloud Session', 1, 3]);
    assert.deepEqual(first.buttons, []);
    assert.equal(active(first as Pick), '$(repo) octo/website');
    await accept();
    const second = await pickTurn(2);
    assert.deepEqual([second.step, second.totalSteps], [2, 3]);
    assert.equal(active(second), '$(repo) Default branch');
    await accept();
    const third = await turn(3);
    assert.deepEqual([third.step, third.totalSteps], [3, 3]);
    await accept();
    assert.deepEqual(await result, { repository: { owner: 'octo', name: 'website' } });
  });

  it('for another repository, another branch and a prompt', async () => {
    const result = wizard().run();
    await moveTo(await pickTurn(1), '$(repo) octo/api');
    await accept();
    const branch = await pickTurn(2);
    await moveTo(branch, '$(git-branch) dev');
    assert.match(branch.activeItems[0]?.detail ?? '', /2 commits are not pushed/);
    await accept();
    const prompt = (await turn(3)) as vscode.InputBox;
    assert.match(prompt.prompt ?? '', / branch dev is added to it, because .* start from the default branch/);
    // The Back button: the branch is appended to the prompt without asking.
    assert.equal(prompt.buttons.length, 1);
    prompt.value = 'Fix the harbor';
    await accept();
    assert.deepEqual(await result, {
      repository: { owner: 'octo', name: 'api', branch: 'dev' },
      prompt: 'Fix the harbor',
    });
  });

  it('for no repository, and then for no branch', async () => {
    const result = wizard().run();
    await moveTo(await pickTurn(1), '$(circle-slash) No repository');
    await accept();
    const prompt = await turn(2);
    assert.deepEqual([prompt.step, prompt.totalSteps], [2, 2]);
    prompt.value = 'Tell a story';
    await accept();
    assert.deepEqual(await result, { prompt: 'Tell a story' });
  });

  it('for what is typed, and takes it before what only starts like it', async () => {
    const result = wizard().run();
    await type(await pickTurn(1), 'octo/web', '$(repo) octo/web');
    await accept();
    await pickTurn(2);
    await accept();
    await turn(3);
    await accept();
    assert.deepEqual(await result, { repository: { owner: 'octo', name: 'web' } });
  });

  it('for part of a name, and takes the repository that has it', async () => {
    const result = wizard().run();
    await type(await pickTurn(1), 'webs', '$(repo) octo/website');
    await accept();
    await pickTurn(2);
    await escape();
    assert.equal(await result, undefined);
  });

  it('for a branch that is typed, in one with the repository or by itself', async () => {
    const result = wizard().run();
    await type(await pickTurn(1), 'me/other@feature/y', '$(repo) me/other@feature/y');
    await accept();
    const branch = await pickTurn(2);
    assert.equal(branch.value, 'feature/y');
    await type(branch, 'feature/z', '$(git-branch) feature/z');
    // The note on its limits stays visible.
    assert.ok(branch.items.some(({ alwaysShow, detail }) => alwaysShow && detail?.includes('runtimes up to')));
    await accept();
    await turn(3);
    await accept();
    assert.deepEqual(await result, { repository: { owner: 'me', name: 'other', branch: 'feature/z' } });
  });

  it('for the branch of a page, once it is known where its name ends', async () => {
    let answer: (branches: KnownBranches) => void = () => undefined;
    const result = wizard(undefined, new Promise((resolve) => (answer = resolve))).run();
    const page = 'https://github.com/octo/api/tree/feature/x/src';
    await type(await pickTurn(1), page, '$(repo) octo/api@feature/x/src');
    await accept();
    const branch = await pickTurn(2);
    assert.deepEqual([branch.value, branch.busy], ['feature/x/src', true]);
    answer(BRANCHES);
    await eventually(() => assert.deepEqual([branch.value, active(branch)], ['feature/x', '$(git-branch) feature/x']));
    assert.equal(branch.busy, false);
    await accept();
    await turn(3);
    await accept();
    assert.deepEqual(await result, { repository: { owner: 'octo', name: 'api', branch: 'feature/x' } });
  });

  it('again after what cannot be, and says why', async () => {
    const result = wizard().run();
    const repository = await pickTurn(1);
    await type(repository, 'octo/no way', '$(info) A repository’s name has only letters, digits, “.”, “-” and “_”.');
    await accept();
    await type(repository, 'octo/way', '$(repo) octo/way');
    await accept();
    const branch = await pickTurn(2);
    await type(branch, 'no way', '$(info) A branch’s name cannot contain spaces.');
    await accept();
    await type(branch, 'way', '$(git-branch) way');
    await accept();
    await turn(3);
    await accept();
    assert.deepEqual(await result, { repository: { owner: 'octo', name: 'way', branch: 'way' } });
  });

  it('again after a repository on another host', async () => {
    const result = wizard().run();
    const repository = await pickTurn(1);
    await moveTo(repository, '$(warning) acme/api');
    assert.match(repository.activeItems[0]?.detail ?? '', /works with github\.com/);
    await accept();
    await moveTo(repository, '$(repo) octo/website');
    await accept();
    await pickTurn(2);
    await escape();
    assert.equal(await result, undefined);
  });

  it('again from where one was, when one goes back', async () => {
    const result = wizard().run();
    await moveTo(await pickTurn(1), '$(repo) octo/api');
    await accept();
    await moveTo(await pickTurn(2), '$(git-branch) feature/x');
    await accept();
    const prompt = await turn(3);
    prompt.value = 'Half a tho';
    await back();
    const branch = await pickTurn(4);
    await eventually(() => assert.equal(active(branch), '$(git-branch) feature/x'));
    await back();
    const repository = await pickTurn(5);
    await eventually(() => assert.equal(active(repository), '$(repo) octo/api'));
    await accept();
    const again = await pickTurn(6);
    await eventually(() => assert.equal(active(again), '$(git-branch) feature/x'));
    await accept();
    assert.equal((await turn(7)).value, 'Half a tho');
    await accept();
    assert.deepEqual(await result, {
      repository: { owner: 'octo', name: 'api', branch: 'feature/x' },
      prompt: 'Half a tho',
    });
  });

  it('with what was typed still there, when one goes back', async () => {
    const result = wizard().run();
    await type(await pickTurn(1), 'me/other', '$(repo) me/other');
    await accept();
    await type(await pickTurn(2), 'topic', '$(git-branch) topic');
    await back();
    assert.equal((await turn(3)).value, 'me/other');
    await accept();
    assert.equal((await turn(4)).value, 'topic');
    await escape();
    assert.equal(await result, undefined);
  });

  for (const at of [1, 2, 3]) {
    it(`nothing more after Escape in step ${at}`, async () => {
      const result = wizard().run();
      for (let step = 1; step < at; step++) {
        await turn(step);
        await accept();
      }
      await turn(at);
      await escape();
      assert.equal(await result, undefined);
      assert.equal(inputs.made.length, at);
    });
  }

  it('at once, though Git takes its time', async () => {
    let answer: (list: RepositoryList) => void = () => undefined;
    const result = wizard(new Promise((resolve) => (answer = resolve))).run();
    await eventually(() => assert.equal(inputs.made.length, 1));
    const repository = inputs.made[0] as Pick;
    assert.equal(repository.busy, true);
    assert.match(repository.placeholder ?? '', /Reading the Git remotes/);
    await type(repository, 'me/other', '$(repo) me/other');
    repository.value = '';
    answer(LIST);
    await eventually(() => assert.equal(active(repository), '$(repo) octo/website'));
    assert.equal(repository.busy, false);
    assert.match(repository.placeholder ?? '', /choose one/);
    await escape();
    assert.equal(await result, undefined);
  });

  it('nothing of a list that comes too late', async () => {
    let answer: (list: RepositoryList) => void = () => undefined;
    const result = wizard(new Promise((resolve) => (answer = resolve))).run();
    await eventually(() => assert.equal(inputs.made.length, 1));
    await escape();
    assert.equal(await result, undefined);
    answer(LIST);
    await new Promise(setImmediate);
    assert.equal(inputs.made.length, 1);
  });

  it('with what is known already', async () => {
    const result = wizard().run({ repository: { owner: 'me', name: 'other', branch: 'topic' }, prompt: 'Fix it' });
    assert.equal((await turn(1)).value, 'me/other');
    await accept();
    assert.equal((await turn(2)).value, 'topic');
    await accept();
    assert.equal((await turn(3)).value, 'Fix it');
    await accept();
    assert.deepEqual(await result, { repository: { owner: 'me', name: 'other', branch: 'topic' }, prompt: 'Fix it' });
  });

  it('and takes the text that is in the field when Enter comes, not the one before it', async () => {
    const result = wizard().run();
    const repository = await pickTurn(1);
    await type(repository, 'me/other', '$(repo) me/other');
    repository.value = 'me/another';
    await accept();
    await pickTurn(2);
    await accept();
    await turn(3);
    await accept();
    assert.deepEqual(await result, { repository: { owner: 'me', name: 'another' } });
  });
});

/** Waits until the check passes: the extension host learns of what is on the screen a moment later. */
async function eventually(check: () => void): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      check();
      return;
    } catch (error) {
      if (attempt === 250) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
