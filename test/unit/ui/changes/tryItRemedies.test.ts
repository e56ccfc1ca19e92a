import assert from 'node:assert/strict';
import '../../../support/vscodeStub';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { UnpushedError } from '../../../../src/core/changes/agentFiles';
import { ObstacleError, type Obstacle } from '../../../../src/git/gitErrors';
import { remediesOf } from '../../../../src/ui/changes/tryItRemedies';
import { NoCloneError } from '../../../../src/ui/git/noClone';

describe('the buttons for a session that cannot be tried', () => {
  const obstacle = (kind: Obstacle, more: { paths?: string[]; folder?: string } = {}): ObstacleError =>
    new ObstacleError(kind, 'x', more);

  it('offer a worktree for what is in the way here, but not in a worktree', () => {
    const work = obstacle('uncommitted', { paths: ['a.txt'] });
    assert.deepEqual(remediesOf(work, false), ['worktree', 'showChanges']);
    assert.deepEqual(remediesOf(work, true), ['showChanges', 'tryAgain']);
    for (const kind of ['unfinished', 'unborn', 'locked', 'local-branch', 'on-no-branch', 'partial'] as const) {
      assert.deepEqual(remediesOf(obstacle(kind), false), ['worktree'], kind);
      assert.deepEqual(remediesOf(obstacle(kind), true), ['tryAgain'], kind);
    }
  });

  it('do not restart the runtime, or update it, for what Git lacks', () => {
    for (const code of ['timeout', 'not-supported', 'invalid-argument', 'request-failed'] as const) {
      assert.deepEqual(remediesOf(new CloudSessionsError(code, 'x'), false), ['tryAgain'], code);
    }
    const unsaved = obstacle('unsaved', { paths: ['a.txt'] });
    assert.deepEqual(remediesOf(unsaved, false), ['worktree', 'tryAgain']);
  });

  it('lead to the folder that has the branch; one that is gone can only be tried again', () => {
    assert.deepEqual(remediesOf(obstacle('elsewhere', { folder: '/w/other' }), false), ['openFolder']);
    assert.deepEqual(remediesOf(obstacle('elsewhere'), false), ['tryAgain']);
    assert.deepEqual(remediesOf(obstacle('edited', { paths: ['a.txt'] }), false), ['showChanges', 'tryAgain']);
  });

  it('help with each reason that there is no clone', () => {
    const first = (reason: NoCloneError['reason']): readonly string[] =>
      remediesOf(new NoCloneError(reason, { owner: 'o', name: 'n' }), false);
    assert.deepEqual(first('not-open'), ['clone', 'openRemote']);
    assert.deepEqual(first('untrusted'), ['trust', 'openRemote']);
    assert.deepEqual(first('disabled'), ['gitSettings', 'openRemote']);
    assert.deepEqual(first('absent'), ['gitExtension', 'openRemote']);
    assert.deepEqual(first('starting'), ['tryAgain', 'openRemote']);
  });

  it('are those of the failure itself where nothing is known that helps', () => {
    assert.deepEqual(remediesOf(new CloudSessionsError('session-not-ready', 'x'), false), []);
    assert.deepEqual(remediesOf(new CloudSessionsError('branch-not-found', 'x'), false), ['openRemote', 'tryAgain']);
    assert.deepEqual(remediesOf(new UnpushedError('x'), false), ['askToPush', 'tryAgain']);
  });
});
