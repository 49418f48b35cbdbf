import { AppError } from '../errors.ts'

const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/
/** The same few names are asked for again and again. */
const MOST_ASKED = 100
/** Whoever looks after the machine asks by whatever address it has. */
const HEALTH = ['/healthz', '/readyz', '/metrics']

/**
 * Which names this server answers to: those of its public address, of the address that it listens on, and of this machine itself. A
 * stranger's name that resolves to this machine is none of them, so that no page can reach it by one (DNS rebinding).
 */
export const hostsOf = (publicUrl: string | null, listensOn: string) => {
  const own = new Set([listensOn.includes(':') ? (nameOf(`[${listensOn}]`) ?? listensOn) : listensOn.toLowerCase(), ...(publicUrl === null ? [] : [new URL(publicUrl).hostname])])
  const asked = new Map<string, boolean>()
  return (header: string | undefined): boolean => {
    // What has no Host, or one that cannot be read, is refused where its address is read.
    if (header === undefined) return true
    const known = asked.get(header)
    if (known !== undefined) return known
    const name = nameOf(header)
    const allowed = name === null || LOOPBACK.test(name) || own.has(name)
    if (asked.size >= MOST_ASKED) asked.clear()
    asked.set(header, allowed)
    return allowed
  }
}

/** @throws AppError `host_not_allowed` for what is asked of another name than this server's. */
export const requireHost = (allowed: (header: string | undefined) => boolean, host: string | undefined, path: string): void => {
  if (allowed(host) || HEALTH.includes(path.split('?', 1)[0] ?? '')) return
  throw new AppError('host_not_allowed', `This server does not answer to ${host?.slice(0, 200)}: set PUBLIC_URL to the address under which it is to be reached.`)
}

const nameOf = (header: string): string | null => {
  try { return new URL(`http://${header}`).hostname.toLowerCase() } catch { return null }
}
