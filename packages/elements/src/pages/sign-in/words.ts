/** What went wrong at signing in, by better-auth's codes and by those that a provider's answer comes back with. */
export const TROUBLES: Record<string, string> = {
  INVALID_EMAIL_OR_PASSWORD: 'The e-mail address or the password is wrong.',
  INVALID_PASSWORD: 'The password is wrong.',
  CREDENTIAL_ACCOUNT_NOT_FOUND: 'You sign in at a provider, without a password of this server\'s: a second factor is set up there.',
  INVALID_CODE: 'That code is wrong, or was used already. Wait for the next one and try again.',
  INVALID_BACKUP_CODE: 'That backup code is wrong, or was used already.',
  INVALID_TWO_FACTOR_COOKIE: 'That took too long. Sign in again.',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'That was wrong too often. Sign in again.',
  INVALID_TOKEN: 'This link is over, or was used already. Ask for a new one.',
  TOKEN_EXPIRED: 'This link is over. Ask for a new one.',
  PASSWORD_TOO_SHORT: 'A password has at least 10 characters.',
  PASSWORD_TOO_LONG: 'A password has at most 128 characters.',
  not_invited: 'Nobody with this e-mail address is expected here. Ask an admin of the workspace for an invitation.',
  email_not_verified: 'The provider does not say that this e-mail address is yours. Verify it there, then try again.',
  account_not_linked: 'Somebody signs in here with this e-mail address already, and the provider does not say that it is yours. Verify it there, or sign in with your password.',
  email_not_found: 'The provider did not tell your e-mail address, by which you would be known here.',
  access_denied: 'You were not signed in, for you did not agree at the provider.',
  state_mismatch: 'This sign-in was begun in another window, or took too long. Try again.',
  state_not_found: 'This sign-in was begun in another window, or took too long. Try again.',
  oauth_provider_not_found: 'The provider cannot be reached just now. Try again, or sign in with your password.',
  PROVIDER_NOT_FOUND: 'The provider cannot be reached just now. Try again, or sign in with your password.',
}

export const ROLES: Record<string, string> = { viewer: 'Viewer', operator: 'Operator', member: 'Member', admin: 'Admin', owner: 'Owner' }
