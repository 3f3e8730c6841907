/** A model on the Hugging Face Hub, or on a server with its protocol. */
export interface HubModelAddress {
  kind: 'hub'
  /** `owner/name`. */
  repo: string
  /** Branch, tag or commit; `main` where it is not given. */
  revision?: string
  /** Where the hub is; `HUB_ENDPOINT` where it is not given. No slash at its end. */
  endpoint?: string
  /** Of a repository with several: path of the `.gguf` (of a split one the first part). */
  file?: string
  /** Instead of `file`: the type that its name ends in, such as `Q4_K_M`. Which file that is, the repository's list says. */
  quant?: string
}

/** Where a model is to be had from. */
export type ModelAddress =
  | HubModelAddress
  /** Of a `.gguf` file, or of a folder with config.json, with a slash at its end. May hold a query, which is never shown or kept. */
  | { kind: 'url'; address: string }

export const HUB_ENDPOINT = 'https://huggingface.co'

/** As it can be typed again, and shown; parses to the same address, but for a query. */
export function modelAddressText(address: ModelAddress): string {
  if (address.kind === 'url') return address.address.replace(/[?#].*$/s, '')
  const { repo, revision, file, quant, endpoint = HUB_ENDPOINT } = address
  const inside = file ? `/${file}` : quant ? `:${quant}` : ''
  if (endpoint === HUB_ENDPOINT) return `${repo}${inside}${revision ? `@${revision}` : ''}`
  const at = encodeURIComponent(revision ?? 'main')
  if (quant) return `${endpoint}/${repo}:${quant}${revision ? `@${at}` : ''}`
  return `${endpoint}/${repo}/${file ? `resolve/${at}/${file}` : `tree/${at}`}`
}
