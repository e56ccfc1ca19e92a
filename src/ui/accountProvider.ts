/** Those that GitHub's own extensions ask for, so that a sign-in made for them serves here, too. */
export const ACCOUNT_SCOPES = ['read:user', 'user:email', 'repo', 'workflow'] as const;

/** VS Code has one provider of accounts for github.com, and one for the enterprise server that it is set to. */
export function accountProviderFor(host: string): 'github' | 'github-enterprise' {
  return /^(www\.|api\.)?github\.com$/i.test(host) ? 'github' : 'github-enterprise';
}
