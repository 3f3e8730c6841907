/** As `gguf-split` of llama.cpp names parts. */
const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i

export const isZip = (name: string) => /\.zip$/i.test(name)
export const isGguf = (name: string) => /\.gguf$/i.test(name)

/** What a model of these files is called: without its ending, and without the number of a part. */
export const ggufStem = (name: string) => name.replace(PART, '$1').replace(/\.(gguf|zip)$/i, '')

/** Names of all parts of the model that a file is part of, in their order; its own where it is whole. */
export function ggufParts(name: string): string[] {
  const match = PART.exec(name)
  if (!match) return [name]
  const [, stem, , total] = match as unknown as [string, string, string, string]
  const digits = (i: number) => String(i).padStart(5, '0')
  return Array.from({ length: Number(total) }, (_, i) => `${stem}-${digits(i + 1)}-of-${total}.gguf`)
}
