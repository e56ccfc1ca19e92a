import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ListOwner } from '../../../../src/core/store/listOwner';

describe('whose the listed sessions are', () => {
  it('changes with the account or the host, whatever the spelling', () => {
    const owner = new ListOwner();
    assert.equal(owner.update({}), false);
    assert.equal(owner.update({ account: 'mona', host: 'https://github.com' }), false);
    assert.equal(owner.update({ account: 'Mona', host: 'GitHub.com/' }), false);
    assert.equal(owner.update({ account: 'lisa' }), true);
    assert.equal(owner.update({ host: 'github.com' }), false);
    assert.equal(owner.update({ account: 'lisa', host: 'acme.ghe.com' }), true);
    assert.equal(owner.update({ account: 'mona' }), true);
  });

  it('is not changed by what is not known, in between either', () => {
    const account = fc.option(fc.constantFrom('mona', 'lisa'), { nil: undefined });
    fc.assert(
      fc.property(fc.array(account, { maxLength: 8 }), (accounts) => {
        const owner = new ListOwner();
        let known: string | undefined;
        for (const now of accounts) {
          const expected = now !== undefined && known !== undefined && now !== known;
          assert.equal(owner.update(now === undefined ? {} : { account: now }), expected);
          known = now ?? known;
        }
      }),
    );
  });

  it('takes the same name on another host for another account', () => {
    const owner = new ListOwner();
    owner.update({ account: 'mona', host: 'github.com' });
    assert.equal(owner.update({ host: 'acme.ghe.com' }), true);
    // This names the account for the first time, so nothing changes.
    assert.equal(owner.update({ account: 'lisa', host: 'acme.ghe.com' }), false);
  });
});
