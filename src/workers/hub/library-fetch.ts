import { approve, GatedRequest, gatedFetch } from '../../protocol/gate.ts'

/**
 * What `@huggingface/hub` is built with in place of the globals of these names (cli/trusted-build.ts). Large files it sends to addresses that
 * the hub, asked for them, has answered with.
 */
const UPLOADS = /\/info\/lfs\/objects\/batch$/

export const fetch: typeof globalThis.fetch = async (input, init) => {
  const response = await gatedFetch(input, init)
  if (response.ok && typeof input === 'string' && UPLOADS.test(input.replace(/\?.*$/s, ''))) {
    const answer: unknown = await response
      .clone()
      .json()
      .catch(() => null)
    approve(...addressesIn(answer))
  }
  return response
}

export { GatedRequest as XMLHttpRequest }

/** Every address in an answer: of a file, or of each of its parts. */
function addressesIn(value: unknown): string[] {
  if (typeof value === 'string') return /^https?:\/\//.test(value) && URL.canParse(value) ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(addressesIn) : []
}
