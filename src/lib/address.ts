/**
 * An address as it may be shown and kept: a name and password, a query and a fragment may be keys.
 * @param address of any scheme, relative, or no address at all
 */
export function shownAddress(address: string): string {
  const bare = address.trim().replace(/[?#].*$/s, '')
  const url = URL.canParse(bare) ? new URL(bare) : null
  if (url && /^https?:$/.test(url.protocol)) return url.origin + url.pathname
  return bare.replace(/^(([a-z][a-z0-9+.-]*:)?\/\/)?[^/]*@/i, '$1')
}
