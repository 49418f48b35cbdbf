/** `__Host-`: secure, of this host alone, for all of it, and no other host or plain connection can set it. */
export const COOKIE_PREFIX = '__Host-flowstate'
export const SESSION_COOKIE = `${COOKIE_PREFIX}.session_token`

/** The session's cookie among all that a browser sends; null: nobody is signed in. */
export const sessionCookieOf = (header: string | null): string | null => {
  if (header === null || !header.includes(SESSION_COOKIE)) return null
  for (const pair of header.split(';')) {
    const [name, value] = pair.split('=', 2)
    if (name?.trim() === SESSION_COOKIE && value) return value.trim()
  }
  return null
}
