/**
 * How long a run of a real model goes on after a press on Stop, in Node, through the page's own rooms: in the middle of a step, with
 * and without the choice to give that step up, and while it loads.
 *
 *   npx tsx tools/trials/stop.ts --model DIR [--tokens 128]
 */
import '../in-node.ts'
import { openAsBlob, readdirSync } from 'node:fs'
import { loadavg } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { serve } from '../../cli/server.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { dataFor } from '../../src/protocol/recipe.ts'
import { defaultRunConfig, parseRunConfig } from '../../src/protocol/run-config.ts'

const { Rooms } = await import('../rooms.ts')
const { values } = parseArgs({
  options: { model: { type: 'string' }, tokens: { type: 'string', default: '128' } },
})
if (!values.model) throw new Error('--model is missing: a Hugging Face folder')
const folder = values.model
const ROOT = join(import.meta.dirname, '..', '..')
const server = await serve({ root: join(ROOT, 'public') })
const rooms = new Rooms(server.url)

const files = readdirSync(folder).map(async (name) => new File([await openAsBlob(join(folder, name))], name))
const model = await rooms.adding.add(await Promise.all(files), basename(folder))
const dataset = await rooms.data.openSample('pirate')
const config = parseRunConfig({
  training: {
    max_steps: 20,
    max_length: Number(values.tokens),
    packing: true,
    per_device_train_batch_size: 1,
    save_steps: 20,
    eval_steps: 20,
  },
  lora: { target_modules: 'all-linear' },
  engine: { kind: 'portable' },
  data: { ...dataFor(defaultRunConfig().data, dataset), validation_share: 0 },
})
const request = { dataset: dataset.id, model: model.id, config, samplePrompts: [] }
await rooms.data.prepare(request)

/** Seconds from the press to the run's last event, pressed at the first event that `when` picks. */
async function pressed(when: (event: RunEvent) => boolean, now: boolean) {
  let at = 0
  let end: (event: RunEvent) => void = () => {}
  const ended = new Promise<RunEvent>((resolve) => {
    end = resolve
  })
  await rooms.runs.start(request, (event) => {
    if (event.type === 'done' || event.type === 'error') end(event)
    if (at > 0 || !when(event)) return
    at = performance.now()
    void rooms.runs.stop({ now })
  })
  const last = await ended
  const seconds = (performance.now() - at) / 1000
  const said =
    last.type === 'error' ? last.failure.message : last.type === 'done' ? `stopped at step ${last.step}` : ''
  return { seconds, said }
}

const within = (step: number) => (event: RunEvent) => event.type === 'stage' && event.within?.step === step
const loading = (event: RunEvent) =>
  event.type === 'stage' && event.stage === 'load' && (event.progress ?? 0) > 0.2
const CASES = [
  ['while it loads', loading, false],
  ['within step 1, to finish the step', within(1), false],
  ['within step 1, now', within(1), true],
  ['within step 2, now', within(2), true],
] as const
for (const [name, when, now] of CASES) {
  const { seconds, said } = await pressed(when, now)
  console.log(`${name}: at an end after ${seconds.toFixed(2)} s (${said}); load ${loadavg()[0]!.toFixed(1)}`)
}
await server.close()
