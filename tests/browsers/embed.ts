import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Driver, sleep } from './driver.ts'
import { type Part, require } from './journey.ts'
import { Person } from './person.ts'

const STEPS = 3
const CONFIG = {
  training: { max_steps: STEPS, learning_rate: 0.003, max_length: 128, seed: 7 },
  lora: { r: 4 },
}

/** A page with two studios, of which the first brings its rows along; what they tell is in `window.told`. @param studio its address */
export const embedPage = (studio: string, rows: string) => `<!doctype html><title>A tutorial</title>
  <script>
    window.told = { a: [], b: [] }
    const note = (name) => {
      for (const type of ['ready', 'started', 'progress', 'finished', 'failed'])
        document.getElementById(name).addEventListener(type, ({ detail }) => told[name].push({ type, ...detail }))
    }
  </script>
  <script src="${studio}embed.js"></script>
  <lapidary-studio id="a" height="480" style="width: 600px" config='${JSON.stringify(CONFIG)}' locked="train">
    <script type="text/csv">
      ${rows.replaceAll('\n', '\n      ')}
    </script>
  </lapidary-studio>
  <lapidary-studio id="b" loading="eager" data="sample:pirate" config='${JSON.stringify(CONFIG)}' parts="data,train" theme="dark" style="width: 600px"></lapidary-studio>
  <script>note('a'); note('b')</script>`

/** A page on a server of its own: another site than a studio at localhost. */
export async function openPage(html: string): Promise<{ url: string; close(): void }> {
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

type Told = { type: string; step?: number; loss?: number }
const MOST_MS = 240_000

/** @param studio its address, on a host that sends no headers: others may frame it then */
export function embedPart(driver: Driver, studio: string): Part {
  return [
    'trains in two frames of a page of another site, and gives the adapter when the reader agrees',
    async () => {
      const rows = `question,answer\n${Array.from({ length: 24 }, (_, i) => `What comes after ${i}?,${i + 1} comes next.`).join('\n')}`
      const page = await openPage(embedPage(studio.replace('127.0.0.1', 'localhost'), rows))
      const until = async <T>(what: string, look: () => Promise<T | null | false>): Promise<T> => {
        const end = Date.now() + MOST_MS
        for (;;) {
          const found = await look()
          if (found !== null && found !== false) return found
          if (Date.now() > end)
            throw new Error(`not within ${MOST_MS / 1000} s: ${what}; ${JSON.stringify(await told())}`)
          await sleep(200)
        }
      }
      const told = () => driver.run<Record<'a' | 'b', Told[]>>('return window.told')
      const both = (type: string) => async () => {
        const { a, b } = await told()
        const failed = [...a, ...b].find((one) => one.type === 'failed')
        require(!failed, JSON.stringify(failed))
        return [a, b].every((one) => one.some((event) => event.type === type)) || null
      }
      try {
        await driver.open(page.url)
        await until('both are ready', both('ready'))
        // Nobody but the frame speaks for it.
        await driver.run("window.postMessage({ lapidary: 1, type: 'finished', step: 1 }, '*')")
        await driver.run(
          "return Promise.all(['a', 'b'].map((id) => document.getElementById(id).start())).then(() => null)",
        )
        await until('both have finished', both('finished'))
        const { a, b } = await told()
        for (const all of [a, b]) {
          const kinds = all.filter(({ type }) => type !== 'progress').map(({ type }) => type)
          require(kinds.join() === 'ready,started,finished', `it told ${kinds.join()}`)
          const last = all.findLast(({ type }) => type === 'progress')
          require(last?.step === STEPS && Number(last.loss) > 0, `the last was ${JSON.stringify(last)}`)
        }
        await driver.run(`
          window.given = null
          document.getElementById('a').adapter().then(
            (files) => { window.given = files.map(({ path, bytes }) => [path, bytes.byteLength]) },
            (failure) => { window.given = String(failure.code ?? failure) },
          )`)
        await driver.enter("document.getElementById('a').shadowRoot.querySelector('iframe')")
        await new Person(driver).press({ role: 'button', name: 'Give the adapter' }, MOST_MS)
        await driver.enter(null)
        const given = await until('the adapter has come', () =>
          driver.run<[string, number][] | string | null>('return window.given'),
        )
        const weights = Array.isArray(given)
          ? given.find(([path]) => path === 'adapter_model.safetensors')?.[1]
          : 0
        require((weights ?? 0) > 10_000, `given was ${JSON.stringify(given)}`)
      } finally {
        page.close()
      }
    },
  ]
}
