/**
 * Tokens that a façade gives to whoever showed it a credential: JWTs (RFC 7519) signed with
 * HMAC-SHA-512, which clients may read but only this service can make. No table keeps them.
 *
 * Rules:
 * 1. Each façade has its own key, derived from the vault: a token of one opens no other.
 * 2. A token names its credential (`cid`) and dies with it, within two seconds on every node.
 * 3. Time is the storage's, so the sandbox clock ages tokens too.
 * 4. The algorithm is ours to say: what the header of a presented token says is not believed
 *    (RFC 8725 section 3.1).
 */
import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { CredentialDirectory } from '#service/credentials.ts';
import type { Service } from '#service/service.ts';
import type { StorageClock } from '#service/storage-clock.ts';
import type { Vault } from '#service/vault.ts';

const header = Buffer.from('{"alg":"HS512","typ":"JWT"}').toString('base64url');
const charactersMax = 4_096;
/** Signatures that were found right; a client shows one token thousands of times. */
const rememberedMax = 1_000;

interface Claims {
  readonly sub: string;
  readonly cid: string;
  readonly scope: string;
  readonly iat: number;
  readonly exp?: number;
}

export function createTokens(
  vault: Pick<Vault, 'tokenKey'>,
  credentials: Pick<CredentialDirectory, 'open'>,
  clock: Pick<StorageClock, 'nowMs'>,
): Pick<Service, 'issueToken' | 'readToken'> {
  // Derived once: anew for each token it takes longer than the signature. Façades are few.
  const keys = new Map<string, KeyObject>();

  function keyOf(facade: string): KeyObject {
    const known = keys.get(facade);
    if (known !== undefined) return known;
    const key = vault.tokenKey(facade);
    keys.set(facade, key);
    return key;
  }

  const sign = (facade: string, signed: string): Buffer =>
    createHmac('sha512', keyOf(facade)).update(signed).digest();

  // By hashes, as with API keys: no token stays in memory.
  const remembered = new Map<string, Claims>();

  function readClaims(facade: string, token: string): Claims | null {
    if (token.length > charactersMax) return null;
    const name = hash('sha256', `${facade}\n${token}`, 'base64');
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const claims = verifyClaims(facade, token);
    if (claims === null) return null;
    if (remembered.size >= rememberedMax) remembered.clear();
    remembered.set(name, claims);
    return claims;
  }

  function verifyClaims(facade: string, token: string): Claims | null {
    const [head, payload, signature, ...more] = token.split('.');
    if (head !== header || payload === undefined || signature === undefined || more.length > 0) {
      return null;
    }
    const expected = sign(facade, `${head}.${payload}`);
    const presented = Buffer.from(signature, 'base64url');
    const isOurs = presented.length === expected.length && timingSafeEqual(presented, expected);
    // What carries our signature was written below.
    return isOurs ? (JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims) : null;
  }

  return {
    async issueToken({ credential }, { scope, lifetimeSeconds }) {
      const iat = Math.floor((await clock.nowMs()) / 1000);
      const exp = lifetimeSeconds === null ? null : iat + lifetimeSeconds;
      const claims: Claims = {
        sub: credential.publicId,
        cid: credential.id,
        scope,
        iat,
        ...(exp === null ? {} : { exp }),
      };
      const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      const signature = sign(credential.facade, signed).toString('base64url');
      return {
        token: `${signed}.${signature}`,
        issuedAtMs: iat * 1000,
        expiresAtMs: exp === null ? null : exp * 1000,
      };
    },
    async readToken(facade, token) {
      const claims = readClaims(facade, token);
      if (claims === null) return { kind: 'invalid' };
      const opened = await credentials.open(facade, claims.sub);
      if (opened?.credential.id !== claims.cid) return { kind: 'invalid' };
      const isOver = claims.exp !== undefined && (await clock.nowMs()) >= claims.exp * 1000;
      return isOver ? { kind: 'expired' } : { kind: 'valid', scope: claims.scope, ...opened };
    },
  };
}
