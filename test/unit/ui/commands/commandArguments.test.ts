import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import {
  byHand,
  namesSession,
  readAnswerArgument,
  readCheckOutArgument,
  readComposeArgument,
  readDiagnoseArgument,
  readExportArgument,
  readFilterArgument,
  readSearchArgument,
  readSendArgument,
  readSessionArgument,
  readSessionName,
  readWord,
} from '../../../../src/ui/commands/commandArguments';
import { DEFAULT_ARRANGEMENT } from '../../../../src/ui/rows/arrangement';
import { TreeModel } from '../../../../src/ui/rows/treeModel';
import { anyArgument, built } from '../../../support/anyArgument';
import { sessionRow } from '../../../support/sessionRows';

class Uri {
  readonly path = '/a.md';
}
const isUri = (value: unknown): value is Uri => value instanceof Uri;

function refusal(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof CloudSessionsError, `it threw ${String(error)}`);
    assert.equal(error.code, 'invalid-argument');
    assert.match(error.nextStep ?? '', /^Pass /);
    return error.message;
  }
}

describe('commandArguments', () => {
  it('take what the documentation says', () => {
    assert.deepEqual(readSessionArgument(undefined, 'x'), { kind: 'none' });
    assert.deepEqual(readSessionArgument('s1', 'x'), { kind: 'id', id: 's1' });
    assert.deepEqual(readSessionArgument({ key: 's1' }, 'x'), { kind: 'row', key: 's1' });
    assert.deepEqual(readSessionArgument({ selected: true }, 'x'), { kind: 'selected' });
    const sent = { sessionId: 's1', prompt: 'Go', mode: 'immediate' } as const;
    assert.deepEqual(readSendArgument(sent), sent);
    assert.deepEqual(readComposeArgument('s1'), { sessionId: 's1' });
    assert.deepEqual(readComposeArgument({ sessionId: 's1', text: '' }), { sessionId: 's1', text: '' });
    assert.deepEqual(readCheckOutArgument('s1'), { sessionId: 's1' });
    assert.deepEqual(readCheckOutArgument({ sessionId: 's1', worktree: true }), { sessionId: 's1', worktree: true });
    const uri = new Uri();
    assert.equal(readExportArgument({ sessionId: 's1', uri, format: 'jsonl' }, isUri).uri, uri);
    assert.deepEqual(readSearchArgument({ query: 'x' }), { query: 'x' });
    const answer = { kind: 'permission', decision: 'once' };
    assert.deepEqual(readAnswerArgument({ sessionId: 's', requestId: 'r', answer }).answer, answer);
    assert.equal(readDiagnoseArgument('silently'), 'silently');
    assert.equal(readSessionName('Buoys'), 'Buoys');
    assert.equal(readWord('State', 'x', ['none', 'state']), 'state');
  });

  it('refuse what is not of its type, by its name', () => {
    const cases: readonly (readonly [() => unknown, RegExp])[] = [
      [
        () => readSessionArgument(5, 'cloudSessions.stop'),
        /^cloudSessions\.stop: `argument` must be .* It is the number 5/,
      ],
      [() => readSessionArgument('', 'x'), /blank/],
      [() => readSessionArgument({ id: 's1' }, 'x'), /`id` is not known/],
      [() => readSessionArgument({ key: 7 }, 'x'), /`key` must be .* It is the number 7/],
      [() => readSessionArgument({ selected: 'yes' }, 'x'), /`selected` must be true\. It is a string/],
      [() => readSendArgument('s1'), /must be an object\. It is a string/],
      [() => readSendArgument({ sessionId: 's1' }), /`prompt` is missing/],
      [
        () => readSendArgument({ sessionId: 's1', prompt: 'Go', mode: 'now' }),
        /`mode` must be one of .* It is another string/,
      ],
      [() => readSendArgument({ sessionId: 's1', prompt: 'Go', to: 1 }), /`to` is not known/],
      [() => readSendArgument({ sessionId: 's1', prompt: ' ' }), /`prompt` must be a string .* It is a blank string/],
      [() => readComposeArgument({ text: 'x' }), /`sessionId` is missing/],
      [() => readExportArgument({ sessionId: 's1', uri: 'file:///a' }, isUri), /`uri` must be the Uri of a file/],
      [() => readExportArgument({ sessionId: 's1', uri: new Uri(), format: 'pdf' }, isUri), /`format`/],
      [() => readSearchArgument({ text: 'x' }), /`text` is not known/],
      [() => readAnswerArgument({ sessionId: 's', requestId: 'r', answer: 'yes' }), /`answer`/],
      [() => readAnswerArgument({ sessionId: 's', requestId: 'r', answer: { kind: Symbol('x') } }), /`answer\.kind`/],
      [() => readFilterArgument({ statuses: ['dancing'] }), /`statuses\[0\]`/],
      [() => readFilterArgument({ repositories: ['app'] }), /`repositories\[0\]` cannot be used/],
      [() => readFilterArgument({ state: ['done'] }), /`state` is not known/],
      [() => readWord('week', 'cloudSessions.groupBy', ['none', 'date']), /must be one of 'none', 'date'/],
      [() => readSessionName(undefined), /is undefined/],
    ];
    for (const [read, message] of cases) {
      assert.match(refusal(read) ?? 'taken', message);
    }
  });

  it('filter by names and words in any case, as GitHub compares them', () => {
    assert.deepEqual(
      readFilterArgument({
        statuses: ['Done', 'NEEDS_INPUT', ' needs-input '],
        repositories: ['Octo/App', 'https://github.com/OCTO/Buoy', ''],
        places: ['Cloud'],
      }),
      {
        statuses: ['done', 'needs input', 'needs input'],
        repositories: ['octo/app', 'octo/buoy', ''],
        places: ['cloud'],
      },
    );
    assert.deepEqual(readFilterArgument({}), { statuses: [], repositories: [], places: [] });
  });

  it('tell a row that the view passes by itself from an object of the same form', () => {
    const rows = [sessionRow('a')];
    const model = new TreeModel({ rows, find: () => rows[0] }, { ...DEFAULT_ARRANGEMENT, grouping: 'state' }, 'en');
    const [group] = model.children();
    const node = model.node('a');
    assert.ok(byHand(node) && byHand(group) && byHand(undefined));
    assert.ok(!byHand({ key: 'a' }) && !byHand({ group: 'state:idle' }) && byHand(null) && !byHand('a'));
    assert.ok(namesSession(node, 'x') && namesSession({ key: 'a' }, 'x') && !namesSession({ sessionId: 'a' }, 'x'));
  });

  it('give a value or refuse, whatever they are given', () => {
    const names = [
      'sessionId',
      'prompt',
      'mode',
      'key',
      'selected',
      'text',
      'query',
      'uri',
      'requestId',
      'answer',
      'statuses',
    ];
    const readers: readonly ((value: unknown) => unknown)[] = [
      (value) => readSessionArgument(value, 'x'),
      (value) => namesSession(value, 'x'),
      (value) => byHand(value),
      readSendArgument,
      readComposeArgument,
      readSearchArgument,
      readAnswerArgument,
      readFilterArgument,
      readDiagnoseArgument,
      readSessionName,
      (value) => readExportArgument(value, isUri),
      (value) => readWord(value, 'x', ['none', 'state']),
    ];
    fc.assert(
      fc.property(anyArgument(names, ['s1', true, 7, {}, [], ['done'], new Uri()]), (recipe) => {
        const value = built(recipe);
        readers.forEach((read) => refusal(() => read(value)));
      }),
      { numRuns: 1_000 },
    );
  });
});
