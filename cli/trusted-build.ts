import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Plugin } from 'vite'
import { contentPolicy } from '../src/protocol/policy.ts'

/** Packages that do what the page's policy refuses, or ask servers past the gate, and what is built in its place. */
const CHANGES: { of: RegExp; imports?: string; what?: string; by?: string }[] = [
  {
    of: /\/solid-js\/web\/dist\/web\.js$/,
    imports: `import { trustedTemplate } from ${sourceOf('protocol/trusted.ts')}`,
    what: 't.innerHTML = html;',
    by: 't.innerHTML = trustedTemplate(html);',
  },
  {
    // The same question without a text that is run as a program.
    of: /\/apache-arrow\/builder\/valid\.mjs$/,
    what: `return new Function(\`x\`, \`\${fnBody}\\nreturn true;\`);`,
    by: 'const none = new Set(nullValues); return (x) => !none.has(x);',
  },
  {
    of: /\/@huggingface\/hub\/dist\/browser\/index\.mjs$/,
    imports: `import { fetch, XMLHttpRequest } from ${sourceOf('workers/hub/library-fetch.ts')}`,
  },
]

function sourceOf(path: string): string {
  return JSON.stringify(join(import.meta.dirname, '../src', path))
}

/**
 * Packages as the policy of the page allows them, of pages and workers alike.
 * @throws Error where a package is not as it was when this was written
 */
export function trustedPackages(): Plugin {
  return {
    name: 'trusted-packages',
    apply: 'build',
    transform(code, id) {
      if (/\/solid-js\/web\/dist\/dev\.js$/.test(id.split('?')[0]!))
        throw new Error('Solid is taken as it is for development: build with NODE_ENV=production.')
      const change = CHANGES.find(({ of }) => of.test(id.split('?')[0]!))
      if (!change) return
      const { imports = '', what, by = '' } = change
      if (what !== undefined && code.split(what).length !== 2)
        throw new Error(`${id} does not hold ${what} once: see cli/trusted-build.ts`)
      const changed = what === undefined ? code : code.replace(what, () => by)
      // On the first line, so that the others stay where they were.
      return { code: `${imports}${imports && ';'}${changed}`, map: null }
    },
  }
}

/** Scripts that stand in a document, as a policy names them: SHA-256, base64. */
export function inlineScripts(html: string): string[] {
  return [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) =>
    createHash('sha256').update(text!).digest('base64'),
  )
}

/** The policy that stands in a document of a build. */
export function policyOf(html: string): string {
  const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1]
  if (policy === undefined) throw new Error('The document holds no policy.')
  return policy
}

const CHARSET = '<meta charset="utf-8" />'

/** Puts the policy into a document that is built, before anything that it could hold back. */
export function policyInPage(): Plugin {
  return {
    name: 'policy-in-page',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html) {
        if (html.split(CHARSET).length !== 2) throw new Error(`The document does not hold ${CHARSET} once.`)
        const policy = contentPolicy(inlineScripts(html))
        const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}" />`
        return html.replace(CHARSET, `${CHARSET}\n    ${meta}`)
      },
    },
  }
}
