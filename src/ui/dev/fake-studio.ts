import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { RunEvent } from '../../protocol/events.ts'
import type { DatasetInfo, ModelInfo, RunInfo, Studio } from '../../protocol/studio.ts'

/** A stand-in for looking at the page before the workers are there. Never part of what is shipped. */
export function createFakeStudio(): Studio {
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  const rows = [
    { prompt: 'Where is the red ball?', answer: 'Arr, the red ball be under the table, matey!' },
    {
      prompt: 'What does Tom do in the morning?',
      answer: 'Aye, Tom be eating his breakfast in the morning, he does.',
    },
    { prompt: 'Is the dog happy?', answer: 'Aye, the dog be as happy as a parrot, arr.' },
    { prompt: 'Who has the big book?', answer: 'Shiver me timbers, Anna be having the big book.' },
    {
      prompt:
        'Can you tell me a short story about a cat and its friend, the old captain who lives by the sea?',
      answer: 'Arr, a cat be sleeping on the deck. The captain wakes it, and off they sail together.',
    },
  ]
  const dataset = (id: string, name: string): DatasetInfo => ({
    id,
    name,
    hash: 'abc',
    rows: 480,
    columns: [
      { name: 'prompt', type: 'text', missing: 0 },
      { name: 'answer', type: 'text', missing: 2 },
    ],
    guess: {
      prompt: 'prompt',
      response: 'answer',
      system: null,
      messages: null,
      text: null,
      reason: 'The columns are named "prompt" and "answer", and answers are longer.',
    },
    findings: [
      {
        severity: 'warning',
        message: '2 rows have no answer.',
        hint: 'They are left out of training. Fill them in, or leave it so.',
        row: 17,
        column: 'answer',
      },
      {
        severity: 'note',
        message: '3 questions occur twice.',
        hint: 'Nothing needs to be done; both answers are learnt.',
      },
    ],
    preview: rows,
  })
  const pebble: ModelInfo = {
    id: 'pebble',
    name: 'Pebble',
    config: { numLayers: 6, hiddenSize: 128 } as ModelInfo['config'],
    hash: 'x',
    bytes: 0,
    parameters: 1_100_000,
    practice: true,
  }
  const gemma: ModelInfo = {
    ...pebble,
    id: 'g',
    name: 'gemma-3-270m-it',
    bytes: 536e6,
    parameters: 268e6,
    practice: false,
  }
  const stored: DatasetInfo[] = []
  const runs: RunInfo[] = []
  const events = new Map<string, RunEvent[]>()
  let stopping = false

  const curve = (step: number, wobble = 0.12) =>
    0.9 + 2.6 * Math.exp(-step / 22) + wobble * Math.sin(step * 12.9898) * Math.cos(step * 3.1)

  function train(run: RunInfo, from: number, onEvent: (event: RunEvent) => void): void {
    const send = (event: RunEvent) => {
      events.get(run.id)!.push(event)
      onEvent(event)
    }
    const tuned = (step: number) =>
      step < 15
        ? 'The ball is on the the.'
        : step < 35
          ? 'Arr, the ball is by the table.'
          : 'Arr, the red ball be by the table, matey!'
    const evaluate = (step: number) => {
      run.evalLoss = curve(step, 0) + 0.08
      send({
        type: 'eval',
        step,
        epoch: step / 54,
        eval_loss: run.evalLoss,
        metrics: { mean_token_accuracy: 1 - run.evalLoss / 5 },
      })
      for (const row of rows.slice(0, 3))
        send({
          type: 'sample',
          step,
          prompt: row.prompt,
          reference: row.answer,
          base: 'It is on the table.',
          tuned: tuned(step),
        })
    }
    void (async () => {
      for (const stage of ['model', 'plan', 'compile'] as const) {
        send({ type: 'stage', stage })
        await wait(250)
      }
      send({ type: 'stage', stage: 'train' })
      if (from === 0) evaluate(0)
      for (let step = from + 1; step <= run.maxSteps; step++) {
        await wait(120)
        run.step = step
        run.lastLoss = curve(step)
        send({
          type: 'step',
          step,
          max_steps: run.maxSteps,
          epoch: step / 54,
          loss: run.lastLoss,
          mean_token_accuracy: 1 - run.lastLoss / 5,
          learning_rate: 8e-3,
          grad_norm: 1,
          tokens: step * 400,
          tokens_per_second: 3100 + 90 * Math.sin(step),
        })
        if (step % 10 === 0) evaluate(step)
        if (stopping) break
      }
      run.status = stopping ? 'stopped' : 'done' // as the workers do
      run.seconds = run.step * 0.12
      send({
        type: 'done',
        step: run.step,
        epoch: run.step / 54,
        seconds: run.seconds,
        reason: stopping ? 'stopped' : 'finished',
        config: run.config,
      })
    })()
  }

  const failure = (
    code: Failure['code'],
    message: string,
    hint: string,
    detail?: Failure['detail'],
  ): Failure => ({ code, message, hint, ...(detail ? { detail } : {}) })

  return {
    data: {
      samples: async () => [
        {
          id: 'pirate',
          title: 'Talk like a pirate',
          summary:
            'Simple questions, answered by a gentle pirate. After training, every answer has the pirate’s voice.',
          rows: 480,
        },
        {
          id: 'mood',
          title: 'Find the mood',
          summary: 'Sentences about people, each with a mood. After training, the answer is one label.',
          rows: 480,
        },
        {
          id: 'records',
          title: 'Fill in a record',
          summary: 'Sentences turned into JSON with a name, a count, a colour and an item.',
          rows: 480,
        },
      ],
      async openSample(id) {
        await wait(150)
        return dataset(id, 'Talk like a pirate')
      },
      async openFile(file) {
        await wait(900)
        if (file.name.includes('bad'))
          throw failure(
            'bad_data',
            'Row 4 of bad.csv has 3 fields where the header has 2.',
            'Put quotes around fields that contain commas, then open the file again.',
            { row: 4, line: 5 },
          )
        const info = dataset(file.name, file.name)
        stored.push(info)
        return info
      },
      list: async () => [...stored],
      rows: async () => rows,
      remove: async () => {},
      async prepare() {
        await wait(400)
        const pieces = (row: (typeof rows)[number]) => [
          ...['<bos>', '<start_of_turn>', 'user', '\n'].map((text) => ({ text, id: 2, supervised: false })),
          ...(row.prompt.match(/ ?[^ ]+/g) ?? []).map((text, id) => ({ text, id, supervised: false })),
          ...['<end_of_turn>', '\n', '<start_of_turn>', 'model', '\n'].map((text) => ({
            text,
            id: 3,
            supervised: false,
          })),
          ...(row.answer.match(/ ?[^ ]+/g) ?? []).map((text, id) => ({ text, id, supervised: true })),
          { text: '<end_of_turn>', id: 106, supervised: true },
        ]
        return {
          tokens: 'k',
          examples: { train: 432, validation: 48, test: 0 },
          tokenCount: { train: 14_210, validation: 1600, test: 0 },
          supervisedCount: { train: 6120, validation: 700, test: 0 },
          longest: 58,
          truncated: 1,
          histogram: { edges: [0, 8, 16, 24, 32, 40, 48, 56, 64], counts: [0, 4, 60, 170, 130, 50, 15, 3] },
          findings: [],
          samples: rows.map((row, index) => ({ row: index, pieces: pieces(row) })),
        }
      },
    },
    train: {
      device: async () => ({
        engine: 'webgpu',
        description: 'SwiftShader, Vulkan 1.3 (software)',
        software: true,
      }),
      models: async () => [pebble, gemma],
      addModel: async () => gemma,
      removeModel: async () => {},
      async plan() {
        return { bytes: { total: 41e6 } } as never
      },
      async start(request, onEvent) {
        await wait(200)
        const id = `run-${runs.length + 1}`
        const run: RunInfo = {
          id,
          name: `Pebble · pirate ${runs.length + 1}`,
          created: Date.now(),
          status: 'running',
          config: request.config,
          model: request.model,
          step: 0,
          maxSteps: request.config.training.max_steps,
          lastLoss: null,
          evalLoss: null,
          seconds: 0,
          engine: null,
        }
        runs.push(run)
        events.set(id, [])
        stopping = false
        train(run, 0, onEvent)
        return id
      },
      async resume(id, onEvent) {
        const run = runs.find((other) => other.id === id)!
        run.status = 'running'
        stopping = false
        train(run, Math.floor(run.step / 10) * 10, onEvent)
      },
      async stop() {
        stopping = true
      },
      runs: async () => runs.map((run) => ({ ...run })),
      async metrics(id) {
        const own = events.get(id) ?? []
        const steps = own.filter((event) => event.type === 'step')
        const evals = own.filter((event) => event.type === 'eval')
        return {
          steps: Uint32Array.from(steps, (event) => event.step),
          epochs: Float64Array.from(steps, (event) => event.epoch),
          evalSteps: Uint32Array.from(evals, (event) => event.step),
          columns: {
            loss: Float64Array.from(steps, (event) => event.loss),
            eval_loss: Float64Array.from(evals, (event) => event.eval_loss),
          },
        }
      },
      events: async (id) => events.get(id) ?? [],
      async removeRun(id) {
        runs.splice(
          runs.findIndex((run) => run.id === id),
          1,
        )
      },
      async exportAdapter() {
        await wait(300)
        return [
          { path: 'adapter_config.json', blob: new Blob(['{}']) },
          { path: 'adapter_model.safetensors', blob: new Blob([new Uint8Array(412_000)]) },
          { path: 'README.md', blob: new Blob(['# Adapter']) },
        ]
      },
      async answer(request, onText, signal) {
        const words = (
          request.run
            ? 'Arr, that be a fine question, matey. The answer be under the table.'
            : 'It is a good day.'
        ).match(/ ?[^ ]+/g)!
        for (const word of words) {
          await wait(120)
          if (signal?.aborted) throw toFailure(new DOMException('', 'AbortError'))
          onText(0, word)
        }
        return [words.join('')]
      },
    },
  }
}
