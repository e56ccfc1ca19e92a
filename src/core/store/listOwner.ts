import { defined } from '../common/defined';
import { GitHubHost } from '../github/gitHubHost';
import type { RequestAccount } from '../rpc/requestSubject';

/** The account of the listed sessions, as far as it is known. Unknown values change nothing. */
export class ListOwner {
  private known: RequestAccount = {};

  /**
   * Sets the account that lists from now on, as far as it is known.
   * @returns whether the account or its host is another one than before
   */
  update({ account, host: theirs }: RequestAccount): boolean {
    // eslint-disable-next-line texts/localized -- the problem is not shown
    const host = GitHubHost.read(theirs ?? '', 'the host')?.host?.name;
    const { known } = this;
    const isOtherHost = isOther(known.host, host);
    this.known = {
      // The same name on another host is another account.
      ...(isOtherHost ? {} : known),
      ...defined({ account, host }),
    };
    return isOtherHost || isOther(known.account, account);
  }
}

function isOther(before: string | undefined, now: string | undefined): boolean {
  return before !== undefined && now !== undefined && before.toLowerCase() !== now.toLowerCase();
}
