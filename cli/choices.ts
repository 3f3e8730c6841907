import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildId, ROOT } from './build.ts'

/**
 * Kernels chosen by measurement, by device, from one command to the next: each has a browser profile of its own, which
 * would measure again, and perhaps choose otherwise. Of another build nothing is kept.
 */
const FILE = join(ROOT, '.cache', 'choices.json')

export type Remembered = Record<string, Record<string, string>>

export function rememberedChoices(): Remembered {
  if (!existsSync(FILE)) return {}
  try {
    const { build, choices } = JSON.parse(readFileSync(FILE, 'utf8')) as {
      build: string
      choices: Remembered
    }
    return build === buildId() ? choices : {}
  } catch {
    return {}
  }
}

export function rememberChoices(device: string, choices: Record<string, string>): void {
  const all = rememberedChoices()
  const next = { build: buildId(), choices: { ...all, [device]: { ...all[device], ...choices } } }
  mkdirSync(join(ROOT, '.cache'), { recursive: true })
  const fresh = `${FILE}.${process.pid}.tmp`
  writeFileSync(fresh, JSON.stringify(next))
  renameSync(fresh, FILE)
}
