import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'

const RAW = '?raw'

/** For esbuild: `import text from './file.py?raw'` gives the text of a file, as in what Vite builds. */
export const rawText: Plugin = {
  name: 'raw-text',
  setup(build) {
    build.onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.slice(0, -RAW.length)),
      namespace: RAW,
    }))
    build.onLoad({ filter: /./, namespace: RAW }, async ({ path }) => ({
      contents: await readFile(path, 'utf8'),
      loader: 'text',
    }))
  },
}
