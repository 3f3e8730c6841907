import { dedented, FRAME_ALLOW } from './lib/embed-text.ts'
import { type Pair, writePairs, writeValue } from './lib/link-pairs.ts'
import {
  EMBED_VERSION,
  type EmbedData,
  type EmbedFailure,
  type EmbedFile,
  type FromFrame,
  type Posted,
  THEMES,
  type Theme,
  type ToFrame,
} from './protocol/embed.ts'

/**
 * `<lapidary-studio>`: the studio in a frame of another page. A small script of its own, `embed.js` beside the studio; its types are
 * `embed.d.ts`. What it may say and hear is `protocol/embed.ts`.
 */

/** Where this script came from, the studio is. */
const HOME = new URL('.', (document.currentScript as HTMLScriptElement | null)?.src ?? document.baseURI).href

/** Endings by which the studio knows what rows are written in. */
const KINDS: Record<string, string> = {
  'text/csv': 'csv',
  'text/tab-separated-values': 'tsv',
  'application/jsonl': 'jsonl',
  'application/x-ndjson': 'jsonl',
}
/** Attributes that go into the address as they are. */
const SAID = ['model', 'parts', 'locked', 'theme', 'lang'] as const
const ATTRIBUTES = [
  ...SAID,
  'src',
  'data',
  'config',
  'place',
  'height',
  'label',
  'sealed',
  'loading',
] as const
/** Until the content says how high it is, and where it cannot, CSS pixels. */
const HEIGHT = 480
/** The studio is loaded once its place is seen, and more than an edge of it: whoever only reads the page around fetches none of it. */
const SEEN = '0px 0px -10%'
/** As long as a frame of a page that is at work with something else may take to begin a run, ms. */
const PATIENCE = 120_000

const STYLE =
  ':host{display:block}:host([hidden]){display:none}div{box-sizing:border-box;border:1px solid #8886;border-radius:.5rem}iframe{display:block;width:100%;border:0;color-scheme:normal}'

/** What stands inside the element. */
interface Written {
  data: EmbedData | null
  config: string | null
}

type Wish = 'start' | 'adapter'
interface Waiting {
  done: (value: never) => void
  no: (failure: EmbedFailure) => void
}

class LapidaryStudio extends HTMLElement {
  static observedAttributes = [...ATTRIBUTES]
  #frame: HTMLIFrameElement | null = null
  #origin = ''
  #ready = false
  #busy = false
  /** The frame is to be made anew, once no run goes on in it. */
  #stale = false
  #queued = false
  /** What stands in its place until it is wanted: seen, or asked for something. */
  #holder: HTMLElement | null = null
  #watch: IntersectionObserver | null = null
  #wanted = false
  /** Rows that the page gave by script, and those that the frame waits for. */
  #given: EmbedData | null = null
  #data: Promise<EmbedData> | EmbedData | null = null
  /** Said before the frame could hear. */
  #early: ToFrame[] = []
  #waiting = new Map<Wish, Waiting>()
  readonly #hear = (event: MessageEvent) => this.#take(event)

  connectedCallback(): void {
    addEventListener('message', this.#hear)
    // What stands inside is there once the page has been read.
    if (document.readyState === 'loading')
      document.addEventListener('DOMContentLoaded', () => this.#soon(), { once: true })
    else this.#soon()
  }

  disconnectedCallback(): void {
    removeEventListener('message', this.#hear)
    this.#watch?.disconnect()
    this.#watch = null
    this.#drop()
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now) return
    if (name === 'height') this.#size()
    else if (!this.#frame) {
      if (name === 'loading' && this.#holder) this.#soon()
    } else if (name === 'label') this.#frame.title = this.#label()
    else if (name === 'theme' && this.#ready) this.#say({ type: 'theme', theme: themeOf(now) })
    else this.#soon()
  }

  start(): Promise<void> {
    return this.#ask('start', PATIENCE)
  }

  stop({ now = false }: { now?: boolean } = {}): void {
    this.#say({ type: 'stop', now })
  }

  adapter(): Promise<EmbedFile[]> {
    // A person is asked, who may take their time.
    return this.#ask('adapter')
  }

  setData(data: EmbedData): void {
    const waited = this.#data !== null
    this.#given = this.#data = data
    if (this.#frame && !waited) this.#soon()
    else if (this.#ready) this.#say({ type: 'data', ...data })
  }

  #ask(type: Wish, patience?: number): Promise<never> {
    this.#reject(type, failure('cancelled', 'It was asked once more.'))
    return new Promise((done, no) => {
      const late =
        patience === undefined
          ? 0
          : setTimeout(() => no(failure('cancelled', 'The studio did not answer in time.')), patience)
      const settle =
        <Value>(then: (value: Value) => void) =>
        (value: Value) => {
          clearTimeout(late)
          then(value)
        }
      this.#waiting.set(type, { done: settle(done), no: settle(no) })
      this.#say({ type })
    })
  }

  /** Several attributes may change at once. */
  #soon(): void {
    this.#stale = true
    if (this.#queued) return
    this.#queued = true
    queueMicrotask(() => {
      this.#queued = false
      // A run is not thrown away for an attribute.
      if (this.isConnected && this.#stale && !this.#busy) this.#begun()
    })
  }

  /** Now, or once it is seen. */
  #begun(): void {
    if (this.#wanted || this.getAttribute('loading') === 'eager' || !('IntersectionObserver' in window)) {
      this.#watch?.disconnect()
      this.#make()
      return
    }
    if (this.#watch) return
    this.#holder = document.createElement('div')
    this.#size()
    this.#put(this.#holder)
    this.#watch = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) this.#want()
      },
      { rootMargin: SEEN },
    )
    this.#watch.observe(this)
  }

  #want(): void {
    if (this.#wanted) return
    this.#wanted = true
    if (this.isConnected && this.#holder) this.#begun()
  }

  #put(part: HTMLElement): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
    // Not as an element: a page around whose policy allows no inline styles has it all the same.
    const style = new CSSStyleSheet()
    style.replaceSync(STYLE)
    root.adoptedStyleSheets = [style]
    root.replaceChildren(part)
  }

  #make(): void {
    // What was asked before there was a frame is for the first one.
    if (this.#frame) this.#drop()
    this.#stale = false
    this.#holder = null
    const written = this.#written()
    const frame = document.createElement('iframe')
    const studio = new URL(this.getAttribute('src') ?? HOME, document.baseURI)
    this.#origin = studio.origin
    frame.src = studio.href.replace(/#.*$/, '') + this.#hash(written)
    frame.title = this.#label()
    frame.allow = FRAME_ALLOW
    frame.setAttribute('part', 'frame')
    this.#frame = frame
    this.#size()
    this.#put(frame)
  }

  #drop(): void {
    this.#frame?.remove()
    this.#frame = null
    this.#ready = false
    this.#busy = false
    this.#early = []
    for (const wish of this.#waiting.keys())
      this.#reject(wish, failure('cancelled', 'The frame was taken away.'))
  }

  /** Rows and settings inside the element. */
  #written(): Written {
    let data = this.#given
    let config: string | null = null
    for (const script of this.querySelectorAll(':scope > script')) {
      const type = (script.getAttribute('type') ?? '').split(';')[0]!.trim().toLowerCase()
      const text = dedented(script.textContent ?? '')
      if (type === 'application/json') config = text
      else if (KINDS[type]) data ??= { name: `${script.getAttribute('name') ?? 'data'}.${KINDS[type]}`, text }
    }
    return { data, config }
  }

  #hash({ data, config }: Written): string {
    const named = this.getAttribute('data')
    // What is no address the frame refuses by name.
    const there = named && !/^(sample|hub):/.test(named) && URL.canParse(named, document.baseURI)
    const url = there ? new URL(named, document.baseURI) : null
    // What lies beside the page around, it fetches itself: no rule between the two sites has a say.
    this.#data = data ?? (url?.origin === location.origin ? fetched(url) : null)
    const from = this.#data ? 'page' : (url?.href ?? named)
    const pairs: Pair[] = [['v', '1']]
    if (from) pairs.push(['data', from])
    pairs.push(
      ...fieldsOf(this.getAttribute('config') ?? config ?? '', (problem) => this.#tell('failed', problem)),
    )
    for (const name of SAID) {
      const value = this.getAttribute(name)
      if (value) pairs.push([name, value])
    }
    if (this.hasAttribute('sealed')) pairs.push(['sealed', '1'])
    // A page without an origin, opened as a file, cannot be known again: it is shown the studio, and not spoken to.
    pairs.push(['embed', origin === 'null' ? 'frame' : origin])
    return `#/${this.getAttribute('place') ?? ''}?${writePairs(pairs)}`
  }

  #label(): string {
    return this.getAttribute('label') ?? 'Lapidary'
  }

  /** @param content height that the content needs */
  #size(content?: number): void {
    const fixed = Number.parseFloat(this.getAttribute('height') ?? '')
    const height = Number.isFinite(fixed) ? fixed : content
    const part = this.#frame ?? this.#holder
    if (part && (height !== undefined || !part.style.height))
      part.style.height = `${Math.max(height ?? HEIGHT, 120)}px`
  }

  #say(message: ToFrame): void {
    this.#want()
    if (!this.#ready) this.#early.push(message)
    else this.#frame?.contentWindow?.postMessage({ ...message, lapidary: EMBED_VERSION }, this.#origin)
  }

  #take({ source, origin, data }: MessageEvent): void {
    if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#origin) return
    const message = data as Posted<FromFrame> | null
    if (typeof message !== 'object' || message === null || !('lapidary' in message)) return
    if (message.lapidary === EMBED_VERSION) this.#heed(message)
    else {
      const text = `The studio speaks version ${String(message.lapidary)} of the embed protocol.`
      this.#tell('failed', failure('unsupported_format', text))
    }
  }

  /** The rows first, then what was said meanwhile: it is they that are trained on. */
  async #begin(): Promise<void> {
    const frame = this.#frame
    let data: EmbedData | null = null
    let asked: Promise<EmbedData> | EmbedData | null | undefined
    // Others may be given while these are fetched.
    while (asked !== this.#data) {
      asked = this.#data
      try {
        data = await asked
      } catch (error) {
        if (asked === this.#data && frame === this.#frame)
          this.#tell('failed', failure('network', error instanceof Error ? error.message : String(error)))
      }
      if (frame !== this.#frame) return
    }
    this.#ready = true
    if (data) this.#say({ type: 'data', ...data })
    for (const early of this.#early.splice(0)) this.#say(early)
  }

  #heed(message: Posted<FromFrame>): void {
    const { lapidary: _, type, ...detail } = message
    switch (message.type) {
      case 'ready':
        void this.#begin()
        this.#tell(type)
        break
      case 'height':
        this.#size(message.height)
        break
      case 'adapter':
        this.#answer('adapter', message.files)
        break
      case 'refused':
        // Nobody waits for an answer to rows; that others are trained on must not go unsaid.
        if (message.about === 'data') this.#tell('failed', failureOf(message))
        else this.#reject(message.about as Wish, message)
        break
      case 'started':
        this.#busy = true
        this.#answer('start', undefined)
        this.#tell(type)
        break
      case 'finished':
      case 'failed':
        this.#busy = false
        if (message.type === 'failed') this.#reject('start', message)
        this.#tell(type, detail)
        if (this.#stale) this.#soon()
        break
      case 'progress':
        this.#tell(type, detail)
    }
  }

  #reject(wish: Wish, why: EmbedFailure): void {
    this.#waiting.get(wish)?.no(failureOf(why))
    this.#waiting.delete(wish)
  }

  #answer(wish: Wish, value: EmbedFile[] | undefined): void {
    this.#waiting.get(wish)?.done(value as never)
    this.#waiting.delete(wish)
  }

  #tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

async function fetched(url: URL): Promise<EmbedData> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url.pathname} could not be fetched (${response.status}).`)
  return { name: url.pathname.split('/').at(-1) || 'data.csv', text: await response.text() }
}

/** Without what else its message says. */
const failureOf = ({ code, message, hint }: EmbedFailure): EmbedFailure => ({ code, message, hint })

function failure(code: string, message: string): EmbedFailure {
  return { code, message, hint: 'Look at the frame, then try again.' }
}

function themeOf(name: string | null): Theme {
  return THEMES.find((theme) => theme === name) ?? 'system'
}

/** A run.json as the fields of an address; what is in them the studio checks. */
function fieldsOf(text: string, tell: (problem: EmbedFailure) => void): Pair[] {
  if (text.trim() === '') return []
  try {
    const sections = JSON.parse(text) as Record<string, unknown>
    return Object.entries(sections).flatMap(([section, fields]): Pair[] => {
      // Of another version it may mean something else: the studio says so.
      if (section === 'version') return fields === 1 ? [] : [[section, writeValue(fields)]]
      const whole = section === 'start' || typeof fields !== 'object' || fields === null
      // The flat form: names of TRL at the top are of the training.
      if (whole) return [[section === 'start' ? section : `training.${section}`, writeValue(fields)]]
      return Object.entries(fields).map(([field, value]) => [
        section === 'model' && field === 'id' ? 'model' : `${section}.${field}`,
        writeValue(value),
      ])
    })
  } catch {
    tell(failure('bad_config', 'The config of <lapidary-studio> is not JSON.'))
    // The page around may not be listening yet: whoever reads is told as well.
    return [['config that is not JSON', text.trim().slice(0, 80)]]
  }
}

if (!customElements.get('lapidary-studio')) customElements.define('lapidary-studio', LapidaryStudio)
