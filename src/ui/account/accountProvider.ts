/** Those that GitHub's own extensions ask for, so that a sign-in made for them serves here, too. */
export const ACCOUNT_SCOPES = ['read:user', 'user:email', 'repo', 'workflow'] as const;
