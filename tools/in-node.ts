import 'fake-indexeddb/auto'
import { register } from 'node:module'

/**
 * Import this before the studio's rooms, to have them in Node: with a database in memory, and with files found as Node finds
 * them, the portable engine's WebAssembly, the formats of export and the files that these fill in. A built page finds them by Vite's addresses.
 */
const INSTEAD = {
  '/portable-host.ts': './pebble/portable-node.ts',
  '/format-files.ts': './format-files-node.ts',
}
const places = Object.entries(INSTEAD).map(([end, file]) => [end, new URL(file, import.meta.url).href])
const hook = `const places = ${JSON.stringify(places)}
export const resolve = (name, context, next) =>
  next(places.find(([end]) => name.endsWith(end))?.[1] ?? name, context)`
register(new URL('../cli/raw-text.mjs', import.meta.url))
register(`data:text/javascript,${encodeURIComponent(hook)}`)
