/** Names of the environment whose value is a secret, or an address that may hold one. */
const SECRET_NAMES = ['FLOWSTATE_SECRET', 'OPENAI_API_KEY', 'GITHUB_TOKEN', 'GITHUB_APP_PRIVATE_KEY', 'GITHUB_WEBHOOK_SECRET', 'PARTYKIT_SECRET', 'OIDC_CLIENT_SECRET']
const ADDRESS_NAMES = ['DATABASE_URL', 'STORAGE_URL', 'REDIS_URL', 'SMTP_URL', 'OIDC_ISSUER', 'PARTYKIT_HOST', 'PUBLIC_URL', 'OPENAI_BASE_URL', 'GITHUB_API_URL']
const CENSORED = '[secret]'
/** What is shorter stands by chance in what others say. */
const SHORTEST = 4

/** Takes out of a text whatever the environment keeps secret: the last net below words that others wrote, such as a mail server's. */
export const createCensor = (env: Record<string, string | undefined>, more: readonly string[] = []) => {
  const secrets = [...SECRET_NAMES.flatMap((name) => [env[name] ?? '', ...(env[name] ?? '').split(',')]), ...ADDRESS_NAMES.flatMap((name) => passwordsIn(env[name] ?? '')), ...more]
    .map((secret) => secret.trim()).filter(({ length }) => length >= SHORTEST).sort((a, b) => b.length - a.length)
  return (text: string): string => secrets.reduce((rest, secret) => rest.replaceAll(secret, CENSORED), text)
}

/** As it is written, and as it reads. */
const passwordsIn = (address: string): string[] => {
  const written = /\/\/[^/@]*?:([^@]*)@/.exec(address)?.[1] ?? ''
  try { return [written, decodeURIComponent(written)] } catch { return [written] }
}
