import { TRUSTED_POLICY } from './trusted.ts'

/**
 * What pages of the studio may load and reach (Content-Security-Policy), its workers with them: they inherit it, see worker.ts. Requests go to
 * other places at a person's wish alone, which is the gate's to know (gate.ts): a policy cannot.
 */

/** Servers on the same machine, however they are called: a hub of one's own may run there. */
const HERE = 'http://localhost:* http://127.0.0.1:*'
/** Whether the policy lets a page of the studio ask there. */
export const pageMayAsk = ({ protocol, hostname, origin }: URL): boolean =>
  protocol === 'https:' || /^(localhost|127\.0\.0\.1)$/.test(hostname) || origin === globalThis.origin
/** Bytes that are in the page already. */
const IN_PAGE = 'blob: data:'

/** Beside the other one where the studio is sealed; both hold. Written in index.html as well, where it has to stand before anything loads. */
export const SEALED_POLICY = `connect-src 'self' ${IN_PAGE}`

/**
 * Of the guide's pages, which are read: scripts of this site make no markup, and the studio stands in a frame, under its own policy. Where a host
 * sends the studio's policy with every file, both hold.
 */
export const GUIDE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  // What an embed brings along lies beside its page.
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const byHash = (inline: readonly string[]) => inline.map((hash) => `'sha256-${hash}'`)

/** In every document of the studio. */
const ALWAYS = [
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  // The sanitiser of lessons makes one of its own, by this name, for what it parses.
  `trusted-types ${TRUSTED_POLICY} dompurify`,
]

/** @param inline SHA-256 of each script that stands in the document itself, base64 */
export function contentPolicy(inline: readonly string[]): string {
  return [
    "default-src 'self'",
    `script-src ${["'self'", "'wasm-unsafe-eval'", ...byHash(inline)].join(' ')}`,
    `connect-src 'self' ${IN_PAGE} https: ${HERE}`,
    "worker-src 'self' blob:",
    // Charts and bars set their sizes in attributes.
    "style-src 'self' 'unsafe-inline'",
    `img-src 'self' ${IN_PAGE}`,
    "object-src 'none'",
    ...ALWAYS,
  ].join('; ')
}

/** Of a studio that is one file (one-file.ts): it has all that it needs in itself, and reaches no address. @param inline as of `contentPolicy` */
export function oneFilePolicy(inline: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src ${["'wasm-unsafe-eval'", ...byHash(inline)].join(' ')}`,
    `connect-src ${IN_PAGE}`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    `img-src ${IN_PAGE}`,
    ...ALWAYS,
  ].join('; ')
}
