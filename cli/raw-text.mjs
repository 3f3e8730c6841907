/** Hooks of Node's loader: `import text from './file.py?raw'` gives the text of a file, as in what Vite builds. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const RAW = '?raw'

export async function resolve(specifier, context, next) {
  if (!specifier.endsWith(RAW)) return next(specifier, context)
  return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
}

export async function load(url, context, next) {
  if (!url.endsWith(RAW)) return next(url, context)
  const text = await readFile(fileURLToPath(url), 'utf8')
  return { format: 'module', source: `export default ${JSON.stringify(text)}`, shortCircuit: true }
}
