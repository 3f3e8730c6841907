/** Bytes of a file of the repository, in Node or in the browser (whose test server serves the repository). */
export async function repositoryFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof process !== 'undefined' && process.versions?.node) {
    const name = 'node:fs/promises'
    const { readFile } = (await import(/* @vite-ignore */ name)) as typeof import('node:fs/promises')
    return new Uint8Array(await readFile(path))
  }
  const response = await fetch(`/${path}`)
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

export async function repositoryJson<T>(path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await repositoryFile(path))) as T
}
