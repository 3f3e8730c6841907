import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Package {
  name: string
  version: string
  license?: string
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** Of what package.json depends on, used by commands alone: nothing of it is in a build. */
const COMMANDS_ONLY: ReadonlySet<string> = new Set(['playwright-core'])

/**
 * The licences of all packages that a build may hold parts of: those that package.json depends on, and what they depend on. Vite's own list
 * leaves out what is in workers alone.
 * @param root of the repository
 * @throws Error that names a package without a licence
 */
export function licences(root: string): string {
  const found = new Map<string, string>()
  const read = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package
  const visit = (from: string, name: string) => {
    const folder = lookUp(root, from, name)
    // Optional for this machine, and not installed.
    if (!folder) return
    const { version, license, dependencies, peerDependencies } = read(folder)
    const title = `${name} ${version}`
    if (found.has(title)) return
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').trim())
    if (!license && texts.length === 0) throw new Error(`${title} names no licence`)
    found.set(title, [`## ${title} (${license ?? 'see below'})`, ...texts].join('\n\n'))
    for (const inner of Object.keys({ ...dependencies, ...peerDependencies })) visit(folder, inner)
  }
  for (const name of Object.keys(read(root).dependencies ?? {}))
    if (!COMMANDS_ONLY.has(name)) visit(root, name)
  const all = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
  return `# Licences of packages that are part of this build\n\n${all.join('\n\n')}\n`
}

/** As Node finds packages: in the nearest node_modules. */
function lookUp(root: string, from: string, name: string): string | null {
  for (let folder = from; folder.startsWith(root); folder = join(folder, '..')) {
    const found = join(folder, 'node_modules', name)
    if (existsSync(join(found, 'package.json'))) return found
  }
  return null
}
