import '../support/texts.ts'
import { expect, test } from 'vitest'
import { exporter, exportFormats } from '../../src/export/registry.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { blobOf } from '../../src/protocol/exported.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { ExportFormat } from '../../src/protocol/studio.ts'
import { formatsAt, hasCard, isFor, placesFor, whyAt } from '../../src/ui/pages/Export/places.ts'
import { goldenSource } from '../support/export-source.ts'

const made = (id: string, ...targets: ExportFormat['for']): ExportFormat => ({
  id,
  name: id,
  about: '',
  for: targets,
  proven: 0,
})

test('every format is offered somewhere, and each place recommends one', async () => {
  const formats = await exportFormats()
  const places = placesFor(formats)
  for (const format of formats) {
    const at = places.filter((place) => formatsAt(place, formats).includes(format))
    expect(at.length > 0 || isFor(format, ['lapidary']), format.id).toBe(true)
  }
  const recommended = Object.fromEntries(places.map((place) => [place.id, formatsAt(place, formats)[0]!.id]))
  expect(recommended).toMatchObject({
    transformers: 'peft',
    llama: 'gguf-q8_0',
    mlx: 'mlx',
    web: 'chat-page',
    phone: 'merged',
    hub: 'peft',
    torch: 'pt',
  })
  const kept = formatsAt({ targets: ['lapidary'], best: ['peft', 'merged'] }, formats)
  expect(kept.map(({ id }) => id)).toEqual(['peft', 'merged', 'checkpoint', 'merged-f16', 'merged-f32'])
  // Elsewhere what the format says of itself is reason enough.
  const reasoned = places.filter(({ id }) => whyAt(id, recommended[id]!) !== null).map(({ id }) => id)
  expect(reasoned).toEqual(['transformers', 'llama', 'mlx', 'server', 'web', 'phone', 'hub', 'torch'])
})

test('a place without a format is not offered, and a new format brings its place', () => {
  const known = [made('peft', 'transformers', 'lapidary'), made('checkpoint', 'lapidary')]
  expect(placesFor(known).map(({ id }) => id)).toEqual(['transformers'])
  const more = [...known, made('floppy', 'phone')]
  const [, phone] = placesFor(more)
  expect([phone!.id, formatsAt(phone!, more).map(({ id }) => id)]).toEqual(['phone', ['floppy']])
  expect(whyAt('phone', 'floppy')).toBeNull()
})

test('what is made for a place comes before what runs there too', () => {
  const formats = [made('lora', 'ollama', 'web'), made('page', 'web'), made('merged', 'server')]
  const [, , web] = placesFor(formats)
  expect([web!.id, formatsAt(web!, formats).map(({ id }) => id)]).toEqual(['web', ['page', 'lora']])
})

test('whoever takes a format that shows chosen rows is asked and told of them, and of no other', async () => {
  const { source } = await goldenSource('gemma3-tiny')
  const sample = {
    type: 'sample',
    step: 1,
    prompt: 'Who owes Ann Lee 40?',
    base: 'Nobody',
    tuned: 'Bo',
  } as const
  const events: RunEvent[] = [
    {
      ...{ type: 'step', step: 1, max_steps: 9, epoch: 0.5, loss: 2, mean_token_accuracy: 0, grad_norm: 1 },
      ...{ learning_rate: 1e-3, tokens: 40, tokens_per_second: 1 },
    },
    sample,
  ]
  const template = '{{ messages }}'
  const config = parseRunConfig({ lora: source.config.lora, data: { prompt: 'a', response: 'b' } })
  const run = { ...source, config, template, events: async () => events, shown: [sample] }
  for (const { id } of await exportFormats()) {
    const files = await (await exporter(id)).files(run, {})
    const texts = await Promise.all(files.map(async (file) => (await blobOf(file)).text()))
    // A checkpoint is the run itself.
    expect(
      texts.some((text) => text.includes('Ann Lee')),
      id,
    ).toBe(hasCard(id))
  }
})
