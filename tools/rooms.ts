import type { DoneEvent, RunEvent } from '../src/protocol/events.ts'
import type { StartRequest } from '../src/protocol/studio.ts'
import { addingRoom } from '../src/workers/adding-room.ts'
import { dataRoom } from '../src/workers/data-room.ts'
import { trainRooms } from '../src/workers/train-room.ts'

/** Tokens of an answer at most. */
const ANSWER_TOKENS = 64

/** The page's own rooms, in Node; `in-node.ts` is the caller's to import before. */
export class Rooms {
  readonly data = dataRoom()
  readonly adding = addingRoom()
  readonly #train = trainRooms()

  /** @param base where the folder `public` is served */
  constructor(base: string) {
    this.data.open({ base })
    this.adding.open({ base })
    this.#train.open({ base })
  }

  get runs() {
    return this.#train.runs
  }

  get models() {
    return this.#train.models
  }

  /** Trains, and gives the run's name and its last event. */
  async run(
    request: StartRequest,
    onEvent?: (event: RunEvent, run: Promise<string>) => void,
  ): Promise<{ run: string; done: DoneEvent }> {
    let ended: (event: RunEvent) => void = () => {}
    const end = new Promise<RunEvent>((resolve) => {
      ended = resolve
    })
    const started: Promise<string> = this.runs.start(request, (event) => {
      onEvent?.(event, started)
      if (event.type === 'done' || event.type === 'error') ended(event)
    })
    const run = await started
    const last = await end
    if (last.type !== 'done')
      throw new Error(last.type === 'error' ? last.failure.message : 'the run did not end')
    return { run, done: last }
  }

  /**
   * Greedy answers of a run's adapter, or of the untrained model, and whether each came to an end of its own within `most`
   * tokens.
   */
  async ask(
    model: string,
    prompts: readonly string[],
    run: string | null,
    most = ANSWER_TOKENS,
  ): Promise<{ text: string; ended: boolean }[]> {
    const answers = await this.#train.answers.answer(
      {
        model,
        run,
        prompts: [...prompts],
        options: { maxNewTokens: most, temperature: 0, topK: 0, topP: 1, seed: 0 },
        engine: 'portable',
      },
      () => {},
    )
    return answers.map(({ text, finish }) => ({ text, ended: finish === 'stop' }))
  }
}
