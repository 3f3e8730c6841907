import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { isolatedDeclarationSync } from 'rolldown/experimental'
import type { Plugin } from 'vite'

/** `embed.js` by itself: a classic script under a name that stays, of browsers that the studio runs in. */
export async function embedScript(root: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/embed.ts'],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
  })
  return outputFiles[0]!.text
}

/** `embed.d.ts`: the protocol, and the element by its name. */
export async function embedTypes(root: string): Promise<string> {
  const path = join(root, 'src/protocol/embed.ts')
  const { code, errors } = isolatedDeclarationSync(path, await readFile(path, 'utf8'))
  if (errors.length > 0)
    throw new Error(`embed.d.ts cannot be written: ${errors.map(({ message }) => message).join('; ')}`)
  return `${code.trimEnd()}
declare global {
  interface HTMLElementTagNameMap {
    'lapidary-studio': LapidaryStudioElement
  }
}
`
}

/** Puts both beside the studio, built or served for development. */
export function embedEntry(): Plugin {
  let root: string
  return {
    name: 'embed-entry',
    configResolved: (config) => {
      root = config.root
    },
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'embed.js', source: await embedScript(root) })
      this.emitFile({ type: 'asset', fileName: 'embed.d.ts', source: await embedTypes(root) })
    },
    configureServer(server) {
      server.middlewares.use('/embed.js', (_, response, next) => {
        embedScript(root).then((text) => {
          response.setHeader('Content-Type', 'text/javascript; charset=utf-8')
          response.end(text)
        }, next)
      })
    },
  }
}
