/** A file of a build: its bytes, and the first 96 bits of their SHA-256 in base64. */
export type BuiltFile = [size: number, hash: string]

/** All that a build needs to work without a network, by paths below the studio's address; '' is its document. */
export interface Build {
  /** Another one for each build that differs in a byte. */
  id: string
  files: Record<string, BuiltFile>
}

const HASH_BYTES = 12

/** @returns as files of a build are told */
export async function hashOf(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return btoa(String.fromCharCode(...digest.subarray(0, HASH_BYTES)))
}

/** Files of the build that a document of it names in its tags, scripts first of all. */
export function namedBy(html: string): string[] {
  return [...html.matchAll(/<(?:script|link)\b[^>]*?\b(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => path!)
}
