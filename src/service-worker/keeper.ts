import { type Build, hashOf, namedBy } from './build.ts'

/** Files fetched side by side: enough to fill a line, few enough not to be in the way of what the page asks. */
const AT_ONCE = 3

/**
 * Keeps one build of the studio in a cache of its own, whole or not at all: what is kept is answered with only once every
 * file is there, each with the hash that it was built with. So a page never gets parts of two builds.
 */
export class Keeper {
  readonly build: Build
  readonly #scope: string
  readonly #caches: CacheStorage
  readonly #fetch: typeof fetch
  readonly #prefix: string
  #whole: boolean | null = null
  #keeping: Promise<void> | null = null
  #forgotten = false
  readonly #listeners = new Set<(bytes: number) => void>()

  /**
   * @param scope the studio's address, with a slash at its end. Other studios of the same host, at other addresses or of other
   *   versions, have caches of their own
   */
  constructor(build: Build, scope: string, caches: CacheStorage, fetcher: typeof fetch) {
    this.build = build
    this.#scope = scope
    this.#caches = caches
    this.#fetch = fetcher
    // A space cannot be in an address: no scope begins another one's name.
    this.#prefix = `lapidary ${scope} `
  }

  /** Bytes of all files. */
  get bytes(): number {
    return Object.values(this.build.files).reduce((sum, [size]) => sum + size, 0)
  }

  /** Whether all of this build is kept. */
  async isWhole(): Promise<boolean> {
    if (this.#whole !== null) return this.#whole
    // Caches are made by opening: one that was not begun is not to be made by a question.
    const begun = await this.#caches.has(this.#name)
    this.#whole = begun && (await (await this.#cache()).match(this.#mark)) !== undefined
    return this.#whole
  }

  /** Whether any build of this studio is kept whole. */
  async isAnyWhole(): Promise<boolean> {
    for (const name of await this.#names())
      if (await (await this.#caches.open(name)).match(this.#mark)) return true
    return false
  }

  /** The file as it is kept; null where the build is not kept, or has no such file. */
  async find(path: string): Promise<Response | null> {
    if (!(path in this.build.files) || !(await this.isWhole())) return null
    return (await (await this.#cache()).match(this.#address(path))) ?? null
  }

  /**
   * Fetches what is not there yet. Asked again while it goes on, it is the same.
   * @param onProgress hears the bytes that are kept
   * @throws Error that says which file could not be kept, and why
   */
  async keep(onProgress: (bytes: number) => void = () => {}): Promise<void> {
    this.#listeners.add(onProgress)
    this.#keeping ??= this.#keepAll().finally(() => {
      this.#keeping = null
    })
    try {
      await this.#keeping
    } finally {
      this.#listeners.delete(onProgress)
    }
  }

  /** Forgets every other build of this studio. */
  async removeOthers(): Promise<void> {
    await this.#remove((name) => name !== this.#name)
  }

  /** Forgets every build of this studio; what is being kept is given up. */
  async forget(): Promise<void> {
    this.#forgotten = true
    await this.#keeping?.catch(() => {})
    await this.#remove(() => true)
    this.#whole = false
  }

  async #remove(which: (name: string) => boolean): Promise<void> {
    for (const name of await this.#names()) if (which(name)) await this.#caches.delete(name)
  }

  async #keepAll(): Promise<void> {
    this.#forgotten = false
    if (await this.isWhole()) return
    const cache = await this.#cache()
    const before = await Promise.all(
      (await this.#names()).filter((name) => name !== this.#name).map((name) => this.#caches.open(name)),
    )
    const left = Object.keys(this.build.files)
    let bytes = 0
    let failure: unknown
    const next = async () => {
      for (let path = left.shift(); path !== undefined && !failure; path = left.shift()) {
        if (this.#forgotten) throw new Error('the studio was left')
        const at = this.#address(path)
        if (!(await cache.match(at))) await cache.put(at, await this.#get(path, before))
        bytes += this.build.files[path]![0]
        for (const hear of this.#listeners) hear(bytes)
      }
    }
    const failed = (error: unknown) => {
      failure ??= error
    }
    // What is under way when one fails is kept as well: it is not fetched again.
    await Promise.all(Array.from({ length: AT_ONCE }, () => next().catch(failed)))
    if (failure) throw failure
    await cache.put(this.#mark, new Response(this.build.id))
    this.#whole = true
  }

  /**
   * From a build before, from what the browser has at hand, or from the host: whichever has the right bytes. Only where none has,
   * a document of this build's that the host has written into: one from before may name the same files and be another.
   */
  async #get(path: string, before: readonly Cache[]): Promise<Response> {
    const at = this.#address(path)
    for (const cache of before) {
      const found = await cache.match(at)
      const same = found && (await this.#checked(path, found))
      if (same) return same
    }
    // A host may have no document at the address of a folder.
    const places = path === '' ? [at, this.#address('index.html')] : [at]
    let why = ''
    let own: Response | null = null
    // What the page itself has just been given, and where that is out of date, anew.
    for (const cache of ['default', 'reload'] as const)
      for (const place of places)
        try {
          const response = await this.#fetch(place, { cache })
          const asItIs = path === '' && response.ok ? response.clone() : null
          const same = response.ok && (await this.#checked(path, response))
          if (same) return same
          // The one that was asked for anew, where there are several.
          own = (asItIs && (await this.#written(asItIs))) ?? own
          why ||= response.ok ? 'it is not the file of this version' : `status ${response.status}`
        } catch (error) {
          why ||= error instanceof Error ? error.message : String(error)
        }
    if (own) return own
    throw new Error(`${path || 'index.html'} could not be fetched: ${why}`)
  }

  async #checked(path: string, response: Response): Promise<Response | null> {
    const bytes = await response.arrayBuffer()
    return (await hashOf(bytes)) === this.build.files[path]![1] ? plain(bytes, response) : null
  }

  /** Hosts may write something of theirs into a document: it is this build's where it names files of this build. */
  async #written(response: Response): Promise<Response | null> {
    const bytes = await response.arrayBuffer()
    const named = namedBy(new TextDecoder().decode(bytes)).filter((path) => path.startsWith('assets/'))
    const isOwn =
      named.some((path) => path.endsWith('.js')) && named.every((path) => path in this.build.files)
    return isOwn ? plain(bytes, response) : null
  }

  get #name(): string {
    return this.#prefix + this.build.id
  }

  /** Stands for all files being there. No file has this name. */
  get #mark(): string {
    return `${this.#scope}?whole`
  }

  #address(path: string): string {
    return new URL(path, this.#scope).href
  }

  #cache(): Promise<Cache> {
    return this.#caches.open(this.#name)
  }

  async #names(): Promise<string[]> {
    return (await this.#caches.keys()).filter((name) => name.startsWith(this.#prefix))
  }
}

/** What was led on from another address, or unpacked on the way, is kept as if it had not been. */
function plain(bytes: ArrayBuffer, { status, statusText, headers: given }: Response): Response {
  const headers = new Headers(given)
  for (const name of ['content-encoding', 'content-length', 'content-range']) headers.delete(name)
  return new Response(bytes, { status, statusText, headers })
}
