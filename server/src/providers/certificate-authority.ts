import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

export type CertificateReading =
  | { readonly ok: true; readonly value: string | undefined }
  | { readonly ok: false; readonly error: string };

/** Reads the PEM file of a private certificate authority; undefined when none is configured. */
export function readCertificateAuthority(path: string | undefined): CertificateReading {
  if (path === undefined) return { ok: true, value: undefined };
  try {
    const pem = readFileSync(path, 'utf8');
    new X509Certificate(pem);
    return { ok: true, value: pem };
  } catch {
    const rule = 'must name a readable file with a certificate in PEM form';
    return { ok: false, error: `"certificateAuthorityFile" ${rule}` };
  }
}
