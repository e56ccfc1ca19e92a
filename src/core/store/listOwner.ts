import { defined } from '../common/defined';
import { GitHubHost } from '../github/gitHubHost';
import type { RequestAccount } from '../rpc/requestSubject';

/** Whose the listed sessions are, as far as it is known: what is not known says nothing, and changes nothing. */
export class ListOwner {
  private known: RequestAccount = {};

  /**
   * What is known of the account that lists from now on.
   * @returns whether it is another one than before, or another host's
   */
  update({ account, host: theirs }: RequestAccount): boolean {
    // eslint-disable-next-line texts/localized -- of what is wrong with it, nobody is told
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
