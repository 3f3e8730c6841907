import { gatedFetch } from '../../protocol/gate.ts'
import { LATER_LIST, type LaterFiles, loadLater } from '../../protocol/later-files.ts'

/**
 * Loads all that page and workers would load when it is first needed: scripts that a page has loaded are not asked for again. What does not
 * come is told where it is needed.
 */
export async function loadAllNow(): Promise<void> {
  const base = new URL(import.meta.env.BASE_URL, document.baseURI)
  const response = await gatedFetch(new URL(LATER_LIST, base))
  const text = response.ok ? await response.text() : ''
  // A host without the list; servers for development answer with their start page.
  if (!text.startsWith('{')) return
  const { page, data, train } = JSON.parse(text) as LaterFiles
  const address = (path: string) => new URL(path, base).href
  for (const path of page) link(address(path))
  loadLater({ data: data.map(address), train: train.map(address) })
}

/** Scripts are fetched and not run; what a style is for is drawn later. One that is here already stays where it is among the others. */
function link(href: string): void {
  const rel = href.endsWith('.css') ? 'stylesheet' : 'modulepreload'
  const links = document.querySelectorAll<HTMLLinkElement>(`link[rel="${rel}"]`)
  if ([...links].some((one) => one.href === href)) return
  const added = Object.assign(document.createElement('link'), { rel, href, fetchPriority: 'low' })
  document.head.append(added)
}
