/** The scopes that GitHub's own extensions request, so that a sign-in made for them is reused. */
export const ACCOUNT_SCOPES = ['read:user', 'user:email', 'repo', 'workflow'] as const;
/** The least that reads private repositories and creates pull requests. */
export const REPOSITORY_SCOPES = ['repo'] as const;
