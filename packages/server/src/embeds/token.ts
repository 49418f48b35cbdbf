import { EMBED_TTL, type RecordFilter, type Scope } from '@flowstate-ai/sdk/contract'
import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { Unauthenticated } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Keyring } from '../keyring/keyring.ts'
import type { InstanceSecrets } from '../secrets.ts'

const TYPE = 'flowstate-embed+jwt'
const ISSUER = 'flowstate'
const AUDIENCE = 'flowstate-embed'

/** Every claim that we write, and as we write it. */
const Claims = z.object({
  iss: z.literal(ISSUER), aud: z.literal(AUDIENCE), jti: z.string(), iat: z.number(), nbf: z.number(), sub: z.string(), ws: z.string(), sid: z.string(), key: z.string().nullable(), scopes: z.array(z.string()),
  records: z.record(z.string(), z.array(z.string())).nullable(), origins: z.array(z.string()).nullable(), exp: z.number(),
})
export type Claims = z.infer<typeof Claims>

export interface TokenOf { subject: string; workspaceId: string; sessionId: string; keyId: string | null; scopes: readonly Scope[]; records: RecordFilter | null; origins: readonly string[] | null }

/** A signed token (RFC 7519, EdDSA) that lives `ttl` seconds. */
export const signToken = ({ kid, privateKey }: InstanceSecrets['signing'], { subject, workspaceId, sessionId, keyId, scopes, records, origins }: TokenOf, now: number, ttl: number): Promise<string> => {
  const seconds = Math.floor(now / 1_000)
  return new SignJWT({ ws: workspaceId, sid: sessionId, key: keyId, scopes, records, origins })
    .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid })
    .setIssuer(ISSUER).setAudience(AUDIENCE).setSubject(subject).setJti(newId('sessions', now))
    .setIssuedAt(seconds).setNotBefore(seconds).setExpirationTime(seconds + ttl)
    .sign(privateKey)
}

/** What a token says, where it is one of ours, for this, and not over. `kid` says which of the instance's secrets signed it. */
export const readToken = async (token: string, keyring: Pick<Keyring, 'find'>, now: number): Promise<Claims> => {
  try {
    if (!token.split('.').every(isCanonical)) throw new Error('Not as we encode.')
    const { payload, protectedHeader } = await jwtVerify(token, ({ kid }) => {
      const signer = keyring.find(({ signing }) => signing.kid === kid)
      if (!signer) throw new errors.JWKSNoMatchingKey()
      return signer.signing.publicKey
    }, { algorithms: ['EdDSA'], typ: TYPE, issuer: ISSUER, audience: AUDIENCE, currentDate: new Date(now), maxTokenAge: EMBED_TTL.max })
    const claims = Claims.parse(payload)
    // `typ` is compared as a media type, which may bear a prefix that ours does not.
    if (protectedHeader.typ !== TYPE || claims.exp - claims.iat > EMBED_TTL.max) throw new Error('Not as we sign.')
    return claims
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new Unauthenticated('This token is over; get a new one from where it came.', 'token_expired')
    throw new Unauthenticated('This token is not one of this server\'s.')
  }
}

/** One text for the same bytes: decoders overlook the last bits of what they are given, and whoever compares tokens would not. */
const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part
