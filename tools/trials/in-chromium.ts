import { openBrowser } from '../../cli/browser.ts'
import { ensureBuilt, headlessPage } from '../../cli/build.ts'
import { servedModel } from '../../cli/model-path.ts'
import { type ServedBytes, serve } from '../../cli/server.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import type { HeadlessJob } from '../../src/workers/headless.ts'
import type { Runner } from './runner.ts'

/** Runs in one Chromium, through the page of the command line. */
export async function inChromium(folder: string | undefined): Promise<Runner> {
  const root = await ensureBuilt((text) => console.error(text))
  const files = new Map<string, string | ServedBytes>()
  const texts = new Map([['/headless.html', headlessPage()]])
  if (folder !== undefined) {
    const model = await servedModel(folder)
    for (const [name, path] of model.files) files.set(`/given/model/${name}`, path)
    texts.set('/given/model/manifest.json', model.manifest)
  }
  const server = await serve({
    root,
    files,
    texts,
    put: async (_, body) => {
      for await (const _ of body) {
        // What a run leaves is not looked at.
      }
    },
  })
  const { page, close } = await openBrowser()
  const told = { said: null as number | null, planned: 0, done: 0 }
  await page.exposeFunction('lapidaryEvent', (text: string) => {
    const { event } = JSON.parse(text) as { event?: RunEvent }
    if (event?.type === 'stage' && event.stage === 'plan') {
      const seconds = /about (\d+) s/.exec(event.note ?? '')?.[1]
      told.said = seconds === undefined ? null : Number(seconds)
      told.planned = performance.now()
    }
    if (event?.type === 'done') told.done = performance.now()
  })
  await page.goto(`${server.url}headless.html`)
  await page.waitForFunction(() => window.lapidary !== undefined, undefined, { timeout: 120_000 })
  return {
    async run({ data, model, config, samples }) {
      files.set('/given/data/0', data)
      const name = config.data.name!
      const job: HeadlessJob = {
        model: model === 'pebble' ? model : `${server.url}given/model/`,
        data: { name, files: [{ url: `${server.url}given/data/0`, name }] },
        config,
        mapping: {},
        followLength: false,
        followWarmup: false,
        splitSaid: false,
        strict: false,
        profile: null,
        within: null,
        samplePrompts: samples,
        sampleRows: [],
        adapter: null,
        resume: null,
        again: null,
        judge: null,
        exports: [],
        choices: {},
        out: `${server.url}out/`,
      }
      const result = await page.evaluate((given) => window.lapidary!.train(given), job)
      if (!result.ok) throw new Error(`${result.failure.message} ${result.failure.hint ?? ''}`)
      return { said: told.said, taken: (told.done - told.planned) / 1000 }
    },
    async close() {
      await close()
      await server.close()
    },
  }
}
