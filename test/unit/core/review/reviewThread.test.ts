import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  draftsOf,
  placeIn,
  readReviewThread,
  type ReviewNote,
  type ReviewThread,
} from '../../../../src/core/review/reviewThread';
import { ReviewThreads } from '../../../../src/core/review/reviewThreads';

const note = (id: string, more: Partial<ReviewNote> = {}): ReviewNote => ({
  ...{ id, body: `note ${id}`, writtenAt: new Date(0) },
  ...more,
});
const thread = (more: Partial<ReviewThread> = {}): ReviewThread => ({
  ...{ id: 't', sessionId: 's1', path: 'a.ts', startLine: 2, endLine: 3, code: 'b\nc', isResolved: false },
  notes: [note('1')],
  ...more,
});

describe('the place of a comment', () => {
  it('is that of its lines, also after lines above them were added or removed', () => {
    assert.deepEqual(placeIn('a\nb\nc\nd\n', thread()), { startLine: 2, endLine: 3 });
    assert.deepEqual(placeIn('x\ny\na\nb\nc\nd\n', thread()), { startLine: 4, endLine: 5 });
    assert.deepEqual(placeIn('b\r\nc\r\n', thread()), { startLine: 1, endLine: 2 });
  });

  it('is the nearest of several with the same lines', () => {
    const text = ['}', 'x', '}', 'y', '}'].join('\n');
    assert.equal(placeIn(text, thread({ code: '}', startLine: 3, endLine: 3 }))?.startLine, 3);
    assert.equal(placeIn(text, thread({ code: '}', startLine: 5, endLine: 5 }))?.startLine, 5);
    assert.equal(placeIn(text, thread({ code: '}', startLine: 9, endLine: 9 }))?.startLine, 5);
  });

  it('is nowhere once a line of it has changed, and in a file that is gone', () => {
    assert.equal(placeIn('a\nb\nC\nd\n', thread()), undefined);
    assert.equal(placeIn('', thread()), undefined);
  });

  it('always has exactly its lines', () => {
    const lines = fc.array(fc.constantFrom('', 'a', 'b', '}'), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, fc.nat(12), (all, some, at) => {
        const code = some.join('\n');
        const place = placeIn(all.join('\n'), thread({ code, startLine: at + 1 }));
        if (place !== undefined) {
          const text = all.length === 0 ? [''] : all;
          assert.equal(text.slice(place.startLine - 1, place.endLine).join('\n'), code);
        } else {
          assert.ok(!`\n${all.join('\n')}\n`.includes(`\n${code}\n`));
        }
      }),
    );
  });
});

describe('the comments of all sessions', () => {
  const session = { sessionId: 's1', taskId: 'k1' };

  it('are found by the session’s own id, and by its task’s', () => {
    const threads = new ReviewThreads();
    threads.restore([
      thread({ id: 'own' }),
      thread({ id: 'task', sessionId: 's9', taskId: 'k1' }),
      thread({ id: 'by task', sessionId: 'k1' }),
      thread({ id: 'other', sessionId: 's2', taskId: 'k2' }),
    ]);
    const found = (ids: Parameters<ReviewThreads['of']>[0]) => threads.of(ids).map(({ id }) => id);
    assert.deepEqual(found(session), ['own', 'task', 'by task']);
    assert.deepEqual(found({ sessionId: 's2', taskId: undefined }), ['other']);
    assert.deepEqual(found({ sessionId: undefined, taskId: undefined }), []);
    threads.dispose();
  });

  it('are drafts until they are sent, and again when their prompt is discarded; resolved ones stay', () => {
    const threads = new ReviewThreads();
    const said: string[] = [];
    threads.onDidChange(({ id }) => said.push(id));
    threads.put(thread({ notes: [note('1', { sentIn: 'first' }), note('2')] }));
    threads.put(thread({ id: 'resolved', isResolved: true, notes: [note('3')] }));
    assert.equal(threads.draftCount(session), 1);
    threads.markSent(session, 'second');
    assert.equal(threads.draftCount(session), 0);
    threads.unmarkSent(session, 'second');
    assert.deepEqual(
      draftsOf(threads.get('t') ?? thread()).map(({ id }) => id),
      ['2'],
    );
    threads.put({ ...thread(), notes: [] });
    assert.equal(threads.get('t'), undefined);
    assert.deepEqual(said, ['t', 'resolved', 't', 't', 't']);
    threads.dispose();
  });

  it('that two windows had are one: what one of them has sent is sent', () => {
    const threads = new ReviewThreads();
    threads.restore([thread({ notes: [note('1'), note('2')] })]);
    threads.restore([thread({ notes: [note('1', { sentIn: 'x' }), note('3')] })]);
    threads.restore([thread({ notes: [note('1')] })]);
    const notes = threads.get('t')?.notes.map(({ id, sentIn }) => [id, sentIn]);
    assert.deepEqual(notes, [
      ['1', 'x'],
      ['2', undefined],
      ['3', undefined],
    ]);
    threads.dispose();
  });
});

describe('a comment on disk', () => {
  it('is read as it was written', () => {
    const written = thread({ taskId: 'k', isResolved: true, notes: [note('1', { sentIn: 'h' }), note('2')] });
    assert.deepEqual(readReviewThread(JSON.parse(JSON.stringify(written))), written);
  });

  it('is read as far as it can be, and is none without an id, a place or a text', () => {
    const read = readReviewThread({
      id: 'a',
      sessionId: 's',
      path: 'p',
      startLine: -1,
      endLine: 'x',
      notes: [note('1'), 7],
    });
    assert.deepEqual([read?.startLine, read?.endLine, read?.code, read?.notes.length], [1, 1, '', 1]);
    fc.assert(fc.property(fc.jsonValue(), (value) => void readReviewThread(value)));
    for (const lacking of ['id', 'sessionId', 'path', 'notes']) {
      assert.equal(readReviewThread({ ...thread(), [lacking]: undefined }), undefined, lacking);
    }
  });
});
