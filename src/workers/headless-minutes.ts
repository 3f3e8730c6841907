import { fail } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import { dataFor } from '../protocol/recipe.ts'
import { defaultRunConfig, parseRunConfig, type RunConfig } from '../protocol/run-config.ts'
import type { RunForecast, StartRequest, Studio } from '../protocol/studio.ts'
import { type Known, timed } from '../runs/minutes.ts'
import { recommend } from '../runs/profiles.ts'
import { timedSpeed } from '../runs/speed.ts'

/** Steps of the practice model that tell how quick a machine is. */
const STEPS = 16

interface Asked {
  /** Examples to learn from. */
  rows: number
  foretell(set: Partial<RunConfig>): Promise<RunForecast>
  /** Tells an event, and whether it belongs to the run's log. */
  emit(event: RunEvent, logged: boolean): void
}

/**
 * The settings of a run of so many minutes on this machine, as the page's slider sets them. A command's browser has measured nothing yet: the
 * practice model is trained for a moment first, as on the page a first press does.
 * @throws LapidaryError where that cannot be done
 */
export async function settingsFor(
  studio: Studio,
  { minutes, model, own }: { minutes: number; model: Known['model']; own: string[] },
  { training, lora, engine }: Pick<RunConfig, 'training' | 'lora' | 'engine'>,
  { rows, foretell, emit }: Asked,
): Promise<Pick<RunConfig, 'training' | 'lora'>> {
  const device = await studio.models.device(engine.kind, engine.portable_backend)
  if (!timedSpeed(device, '', engine.portable_backend)) {
    emit({ type: 'stage', stage: 'tune', note: 'Measuring how quick this machine is' }, false)
    await practise(studio, engine)
  }
  const found = await timed(
    minutes,
    { training, lora, profile: 'quick' },
    { model, rows, own: (name) => own.includes(name) },
    ({ training, lora }) => foretell({ training, lora }),
  )
  if (!found)
    fail(
      'internal',
      'How quick this machine is could not be measured.',
      'Say the length in steps (--max-steps) or epochs (--epochs) instead of --minutes.',
      { flag: '--minutes' },
    )
  const { profile, forecast } = found
  const passes = (rows > 0 ? seenIn(found.training) / rows : 0).toPrecision(2)
  emit(
    {
      type: 'stage',
      stage: 'plan',
      note: `${minutes} minutes: ${profile}, ${forecast.steps} steps, ${Number(passes)} passes over the data, r ${found.lora.r}, learning rate ${found.training.learning_rate}`,
    },
    false,
  )
  return { training: found.training, lora: found.lora }
}

const seenIn = ({ max_steps, ...batch }: RunConfig['training']) =>
  max_steps * batch.per_device_train_batch_size * batch.gradient_accumulation_steps

/** A short run of the practice model; what it leaves goes with the browser's profile. */
async function practise(studio: Studio, engine: RunConfig['engine']): Promise<void> {
  const [sample] = await studio.data.samples()
  const dataset = await studio.data.openSample(sample!.id)
  const { training, lora } = recommend({ practice: true, parameters: 0 }, 'quick')
  const config = parseRunConfig({
    training: { ...training, max_steps: STEPS, eval_steps: STEPS, save_steps: STEPS },
    lora,
    engine: { kind: engine.kind, portable_backend: engine.portable_backend },
    data: dataFor(defaultRunConfig().data, dataset),
  })
  const recipe = { dataset: dataset.id, model: 'pebble', config }
  await studio.data.prepare(recipe)
  const request: StartRequest = { ...recipe, samplePrompts: [{ prompt: 'Hello!' }] }
  await new Promise<void>((resolve, reject) => {
    const hear = (event: RunEvent) => {
      if (event.type === 'error') reject(event.failure)
      if (event.type === 'done') resolve()
    }
    studio.runs.start(request, hear).catch(reject)
  })
}
