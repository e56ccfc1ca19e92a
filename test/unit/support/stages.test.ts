import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StageRunner, summary, type Command, type Result, type Stage } from '../../../scripts/lib/stages';
import { eventually, PATIENCE_MS } from '../../support/eventually';
import { countsLine, type CountsByFile } from '../../support/testCounts';

const GOOD = { passed: 3, failed: 0, skipped: 1 };
const BAD = { passed: 2, failed: 1, skipped: 1 };

/** A command that prints as Mocha with our reporter, and exits as it would. */
function tests(files: CountsByFile): Command {
  const failed = Object.values(files).some((counts) => counts.failed > 0);
  return ['-e', `console.log(${JSON.stringify(countsLine(files))}); process.exitCode = ${failed ? 1 : 0}`];
}

describe('stages of the tests', () => {
  let printed: string[];
  let asked: (readonly string[])[];

  beforeEach(() => {
    printed = [];
    asked = [];
  });

  async function run(...stages: readonly Stage[]): Promise<readonly Result[]> {
    return new StageRunner((line) => printed.push(line), false, 2).run(stages);
  }

  function stage(first: Command, second: Command): Stage {
    return {
      name: 'some',
      counted: true,
      commands: [first],
      again: (files) => {
        asked.push(files);
        return second;
      },
    };
  }

  it('that pass are not run again', async () => {
    const [result] = await run(stage(tests({ a: GOOD, b: GOOD }), tests({})));
    assert.deepEqual([result?.counts, result?.flaky, asked], [{ passed: 6, failed: 0, skipped: 2 }, 0, []]);
  });

  it('run the files again in which a test has failed; that it passes then is said, and makes it flaky', async () => {
    const [result] = await run(stage(tests({ a: GOOD, b: BAD }), tests({ b: GOOD })));
    assert.ok(result);
    assert.deepEqual([result.counts, result.flaky, asked], [{ passed: 6, failed: 0, skipped: 2 }, 1, [['b']]]);
    assert.match(summary(result), /^✓ some .* 6 passed, 0 failed, 2 skipped, 1 flaky: passed when run again$/);
    assert.match(printed.join('\n'), /✗ some .* 5 passed, 1 failed[^]*some, once more: b\n/);
  });

  it('are failed when the second run fails as well', async () => {
    const [result] = await run(stage(tests({ a: GOOD, b: BAD }), tests({ b: BAD })));
    assert.deepEqual([result?.counts, result?.flaky, asked], [{ passed: 5, failed: 1, skipped: 2 }, 0, [['b']]]);
  });

  it('run all again if they ended before they told any counts', async () => {
    const [result] = await run(stage(['-e', 'process.exitCode = 3'], tests({ a: GOOD })));
    assert.deepEqual([result?.counts.failed, result?.counts.passed, result?.flaky, asked], [0, 3, 1, [[]]]);
    assert.match(printed.join('\n'), /It ended with 3, before all tests were run/);
  });

  it('have one chance only, unless they ask for another', async () => {
    const [result] = await run({ name: 'types', commands: [['-e', 'process.exitCode = 1']] });
    assert.deepEqual([result?.counts.failed, result?.flaky], [1, 0]);
    assert.doesNotMatch(printed.join('\n'), /once more/);
  });

  it('repeat the list of what failed, or else the last lines', async () => {
    const print = (...lines: readonly string[]): Command => [
      '-e',
      `console.log(${JSON.stringify(lines.join('\n'))}); process.exitCode = 1`,
    ];
    const [listed] = await run({ name: 'some', commands: [print('passed', '  1 failing', '', 'why')] });
    assert.deepEqual(listed?.failures, ['  1 failing', '', 'why']);
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
    const [unlisted] = await run({ name: 'some', commands: [print(...lines)] });
    assert.deepEqual(unlisted?.failures, lines.slice(-60));
    const [passed] = await run(stage(tests({ a: GOOD }), tests({})));
    assert.deepEqual(passed?.failures, []);
  });

  it('are not run at all when what they need has failed', async () => {
    const needed: Stage = { name: 'needed', commands: [['-e', 'process.exitCode = 1']] };
    const results = await run(needed, { ...stage(tests({ a: GOOD }), tests({ a: GOOD })), needs: ['needed'] });
    assert.deepEqual([results.map(({ counts }) => counts.failed), asked], [[1, 1], []]);
    assert.match(printed.join('\n'), /Not run: needed failed/);
  });

  describe('share the machine', () => {
    let folder: string;
    let file: string;

    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'stages-'));
      file = path.join(folder, 'notes');
      await writeFile(file, '');
    });

    afterEach(async () => {
      await rm(folder, { recursive: true });
    });

    const notes = async (): Promise<readonly string[]> => (await readFile(file, 'utf8')).split('\n');

    /** A stage that logs its start and end, and waits until the named others have started, for a limited time. */
    const noted = (name: string, until: string, more: Partial<Stage> = {}): Stage => {
      const program = `
        const fs = require('node:fs');
        const file = ${JSON.stringify(file)};
        const note = (what) => fs.appendFileSync(file, what + '\\n');
        const end = Date.now() + ${PATIENCE_MS};
        note('+${name}');
        setInterval(() => {
          const all = fs.readFileSync(file, 'utf8');
          if (Date.now() > end || [...'${until}'].every((other) => all.includes('+' + other))) {
            note(Date.now() > end ? '!${name}' : '-${name}');
            process.exit();
          }
        }, 20);`;
      return { name, commands: [['-e', program]], ...more };
    };

    it('so that one works while three wait, the first of the list first', async () => {
      const waits = { waits: true };
      await run(
        ...['a', 'b', 'c'].map((name) => noted(name, 'abcx', waits)),
        noted('d', '', waits),
        noted('x', 'abcx'),
        noted('y', ''),
      );
      const all = await notes();
      assert.equal(all.filter((one) => one.startsWith('-')).length, 6, all.join());
      const firstEnd = all.findIndex((one) => one.startsWith('-'));
      assert.deepEqual(all.slice(0, firstEnd).sort(), ['+a', '+b', '+c', '+x']);
    });

    it('and what needs another stage, or something provided, takes no room until it is there', async () => {
      const begun = (name: string): Promise<unknown> => eventually(name, notes, (all) => all.includes(name));
      await run(
        ...['a', 'b', 'c'].map((name) => noted(name, '', { needs: ['z'] })),
        noted('y', '', { provision: () => begun('-x') }),
        noted('x', 'z'),
        noted('z', 'x'),
      );
      const all = await notes();
      assert.equal(all.filter((one) => one.startsWith('-')).length, 6, all.join());
      assert.ok(all.indexOf('+a') > all.indexOf('-z'), all.join());
      assert.ok(all.indexOf('+y') > all.indexOf('-x'), all.join());
    });
  });
});
