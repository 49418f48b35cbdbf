import type { CLOSE as Codes, Hello, ROOM_PROTOCOL } from '../contract/room.ts'

/** The contract's values, written out, since the client loads no schema; the types hold them to it. */
export const CLOSE: Pick<typeof Codes, 'unauthenticated' | 'forbidden'> = { unauthenticated: 4401, forbidden: 4403 }
const PROTOCOL: typeof ROOM_PROTOCOL = 1

export const hello = (channels: Hello['channels'], since: number | undefined): Hello => ({ type: 'hello', protocol: PROTOCOL, channels, since })
