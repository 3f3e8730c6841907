import { httpSource, readJson } from '../files/bytes.ts'
import type { SampleInfo } from '../protocol/studio.ts'

/** An entry of `datasets/index.json`. */
export interface SampleEntry extends SampleInfo {
  file: string
  prompt: string
  response: string
}

/** The data sets that come with the studio. @param base address that bundled files lie under */
export async function sampleIndex(base: string): Promise<SampleEntry[]> {
  const url = new URL('datasets/index.json', base).href
  return (await readJson(await httpSource(url), 'datasets/index.json')) as SampleEntry[]
}

export async function listSamples(base: string): Promise<SampleInfo[]> {
  return (await sampleIndex(base)).map(({ id, title, summary, rows }) => ({ id, title, summary, rows }))
}
