import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { type Driver, sleep } from './driver.ts'
import { page, texts } from './locators.ts'
import { Person } from './person.ts'

/** Long enough to be cut off behind a checkpoint, however late a busy machine looks. */
const STEPS = 120
/** The first checkpoint of the profile, and behind it, with enough left to go on with. */
const SAVED_AT = 25
const RELOAD_AT = SAVED_AT + 2
/** On a machine that does other things as well. */
const TRAINING_MS = 400_000
const QUESTION = 'What colour is the sky?'
const WEIGHTS = 'adapter_model.safetensors'

export interface Circumstances {
  url: string
  /** Whether the server sends the headers that let threads share memory. */
  isolated: boolean
  /** What the browser says its language is. */
  language: string
  /** Whether this browser puts the question whether storage may stay to a person, of whom there is none here. */
  storageAsked: boolean
  /** Folder for the file that is opened. */
  scratch: string
}

export type Part = [name: string, walk: () => Promise<void>]

/** A newcomer's way from a file to an adapter in hand, with a reload in the middle, a part after the other. */
export function journey(
  driver: Driver,
  { url, isolated, language, storageAsked, scratch }: Circumstances,
): Part[] {
  const person = new Person(driver)
  const complaints: string[] = []

  /** Listens to what goes wrong unseen. What went wrong before it listened, the page shows by itself. */
  async function listen(): Promise<void> {
    await driver.run(`
      window.complaints = []
      addEventListener('error', (event) => complaints.push(event.message))
      addEventListener('unhandledrejection', (event) => complaints.push(String(event.reason)))`)
  }
  async function collect(): Promise<void> {
    complaints.push(...(await driver.run<string[]>('return window.complaints ?? []')))
  }

  return [
    [
      `opens where the language is ${language}`,
      async () => {
        // Before the page: what the browser itself says.
        const said = await driver.run<string>('return navigator.language')
        require(said === language, `the browser says that its language is ${said}`)
        await driver.open(url)
        await person.see({ role: 'heading', name: /Teach a Gemma/ })
        await listen()
        const shared = await driver.run<boolean>('return crossOriginIsolated')
        require(shared === isolated, `crossOriginIsolated is ${shared}`)
      },
    ],
    [
      'opens a file and tells what it finds in it',
      async () => {
        const path = join(scratch, 'boxes.csv')
        writeFileSync(path, boxes())
        await person.choose(page.file, path)
        await person.see(page.opened('boxes.csv'))
        await person.read(page.counted)
        await person.see(page.finding(texts.emptyAnswer))
      },
    ],
    [
      `trains the practice model on it${storageAsked ? ', with a question about storage left unanswered' : ''}`,
      async () => {
        const unanswered = await driver.run<boolean>(`
          const asked = Promise.resolve(navigator.storage?.persist()).then(() => false)
          return Promise.race([asked, new Promise((resolve) => setTimeout(() => resolve(true), 500))])`)
        require(unanswered ===
          storageAsked, `the question about storage is${unanswered ? ' un' : ' '}answered`)
        await person.press(page.train)
        await person.write(page.steps, String(STEPS))
        await person.press(page.start)
        await stepsDone(1)
      },
    ],
    [
      'is reloaded in the middle, offers the run, and goes on to its end',
      async () => {
        await stepsDone(RELOAD_AT)
        await collect()
        await driver.reload()
        await listen()
        const [, at] = await person.read(texts.interrupted)
        require(Number(at) >= SAVED_AT && Number(at) < STEPS, `interrupted at step ${at}`)
        await person.press(page.goOn)
        await person.read(texts.done, TRAINING_MS)
        const rows = await figures()
        const steps = rows.flatMap(([step, , loss]) => (Number(loss) > 0 ? [Number(step)] : []))
        const all = Array.from({ length: STEPS }, (_, i) => i + 1)
        require(steps.join() === all.join(), `the curve has steps ${steps.join()}`)
        const held = rows.flatMap((row) => (Number(row[4]) > 0 ? [Number(row[4])] : []))
        require(held.at(-1)! < 0.7 * held[0]!, `held-out losses are ${held.join()}`)
      },
    ],
    [
      'answers a question, before and after',
      async () => {
        await person.press(page.evaluate)
        await person.write(page.question, QUESTION)
        await person.press(page.ask)
        const asked = page.asked(QUESTION)
        await person.see({ role: 'any', text: /^[\d.]+ s$/, within: asked }, TRAINING_MS)
        const answers = await answered()
        require(answers.length === 2 &&
          answers[0] !== answers[1], `the answers are ${JSON.stringify(answers)}`)
      },
    ],
    [
      'gives the adapter away, under the names of PEFT',
      async () => {
        await person.press(page.export)
        await person.press(page.download)
        await adapterIn(driver.downloads)
      },
    ],
    [
      'complains of nothing on the way',
      async () => {
        await collect()
        require(complaints.length === 0, complaints.join('\n'))
      },
    ],
  ]

  async function stepsDone(least: number): Promise<void> {
    const end = Date.now() + TRAINING_MS
    for (;;) {
      const [, step] = await person.read(texts.step(STEPS), TRAINING_MS)
      if (Number(step) >= least) return
      require(Date.now() < end, `step ${step} of ${STEPS} after ${TRAINING_MS / 1000} s`)
      await sleep(100)
    }
  }

  /** The chart's table, as its cells have it. */
  async function figures(): Promise<string[][]> {
    await person.press(page.asTable)
    await person.see(page.figures)
    return driver.run<string[][]>(`
      return [...document.querySelectorAll('[aria-label="Figures of the curves"] tbody tr')]
        .map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent))`)
  }

  /** Both answers, once both have ended: each then says how long it took. */
  async function answered(): Promise<string[]> {
    const end = Date.now() + TRAINING_MS
    for (;;) {
      const { answers, ended } = await driver.run<{ answers: string[]; ended: number }>(`
        const asked = [...document.querySelectorAll('article')].find((one) => one.textContent.includes(${JSON.stringify(QUESTION)}))
        const paragraphs = [...asked.querySelectorAll('.answer > p')]
        return {
          answers: paragraphs.filter((one) => !one.matches('.small')).map((one) => one.textContent.trim()),
          ended: paragraphs.filter((one) => /^[\\d.]+ s$/.test(one.textContent.trim())).length,
        }`)
      if (ended === 2) return answers
      require(Date.now() < end, 'the answers did not end')
      await sleep(100)
    }
  }
}

export function require(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

/** Forty rows with a rule worth learning, and one without an answer. */
function boxes(): string {
  const people = ['Tom', 'Anna', 'Ben', 'Lily', 'Max', 'Rose', 'Sam', 'Emma']
  const things = ['ball', 'book', 'cat', 'cup', 'hat']
  const rows = things.flatMap((thing) =>
    people.map(
      (who) => `"Where is the ${thing} of ${who}?","The ${thing} of ${who} is in the red box, thank you."`,
    ),
  )
  rows.splice(6, 0, '"Where is the kite of Tom?",""')
  return `question,answer\n${rows.join('\n')}\n`
}

/** Waits for an adapter among the downloads, and looks into it. */
export async function adapterIn(folder: string): Promise<void> {
  checkAdapter(await downloaded(folder))
}

/** The file that has come, once it is whole. */
async function downloaded(folder: string): Promise<Uint8Array> {
  const end = Date.now() + 30_000
  let before = -1
  for (;;) {
    const name = readdirSync(folder).find((file) => /\.(safetensors|zip)$/.test(file))
    const bytes = name ? readFileSync(join(folder, name)) : null
    if (bytes && bytes.length > 0 && bytes.length === before) {
      if (!name!.endsWith('.zip')) return bytes
      const files = unzipSync(bytes)
      const weights = Object.keys(files).find((file) => file.endsWith(WEIGHTS))
      require(weights !== undefined, `the download holds ${Object.keys(files).join(', ')}`)
      return files[weights]!
    }
    before = bytes?.length ?? -1
    require(Date.now() < end, `the download did not come; there are: ${readdirSync(folder).join(', ')}`)
    await sleep(300)
  }
}

/** A safetensors file whose tensors bear PEFT's names, fit its bytes, and have learnt something. */
function checkAdapter(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = 8 + Number(view.getBigUint64(0, true))
  const { __metadata__: _, ...header } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, start)),
  ) as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>
  const names = Object.keys(header)
  const form = /^base_model\.model\.model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj\.lora_[AB]\.weight$/
  const odd = names.find((name) => !form.test(name))
  require(odd === undefined, `a tensor is named ${odd}`)
  const query = 'base_model.model.model.layers.0.self_attn.q_proj.lora_'
  const [a, b] = [header[`${query}A.weight`], header[`${query}B.weight`]]
  require(a?.dtype === 'F32' &&
    b?.shape[1] === a.shape[0], `of ${names.length} tensors: ${JSON.stringify({ a, b })}`)
  let end = 0
  for (const [name, { shape, data_offsets: range }] of Object.entries(header)) {
    const size = 4 * shape.reduce((product, length) => product * length, 1)
    require(range[1] - range[0] === size, `${name} has ${range[1] - range[0]} bytes, not ${size}`)
    let largest = 0
    for (let at = start + range[0]; at < start + range[1]; at += 4)
      largest = Math.max(largest, Math.abs(view.getFloat32(at, true)))
    // Every B is zero before the first step.
    require(largest > 0 && largest < 100, `${name} is ${largest} at most`)
    end = Math.max(end, range[1])
  }
  require(bytes.length === start + end, `the file has ${bytes.length} bytes, not ${start + end}`)
}
