/** A proof key (RFC 7636, S256): who shows the challenge first can show later, by the verifier, that it was them. */
export interface ProofKey { verifier: string; challenge: string }

const BYTES = 32

export const newProofKey = async (): Promise<ProofKey> => {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(BYTES)))
  return { verifier, challenge: base64url(await digest(new TextEncoder().encode(verifier))) }
}

/** A page without TLS, such as an intranet's, has no `crypto.subtle`. */
const digest = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  (crypto.subtle as SubtleCrypto | undefined) ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)) : (await import('./sha256.ts')).sha256(bytes)

const base64url = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
