import { fail } from '../../src/protocol/errors.ts'
import type { DoneEvent } from '../../src/protocol/events.ts'
import { mappingFor, type Recipe } from '../../src/protocol/recipe.ts'
import { parseRunConfig, type RunConfig } from '../../src/protocol/run-config.ts'
import type { ImportRequest, StartRequest } from '../../src/protocol/studio.ts'
import { type ProfileId, recommend } from '../../src/runs/profiles.ts'
import { type Question, questionsFrom } from '../../src/runs/questions.ts'
import { Rooms } from '../rooms.ts'
import { JUDGES } from './right.ts'

/**
 * The sample data sets as the page's one press runs them, driven through the page's own rooms, in Node. IndexedDB and the
 * portable engine's host are the caller's to put in place.
 */
export interface Demo {
  id: string
  config: RunConfig
  request: StartRequest
  /** Rows that the run does not learn from, in their order, and some of those that it does. */
  heldOut: Question[]
  learnt: Question[]
}

export interface Tried {
  question: Question
  given: string
  right: boolean
  exact: boolean
}

/** As many learnt rows are asked as are held out. */
const MODEL = 'pebble'
/** Questions that the page puts to both models at each evaluation. */
const ASKED_BY_PAGE = 3

export class Demos {
  readonly #rooms: Rooms

  /** @param base where the folder `public` is served */
  constructor(base: string) {
    this.#rooms = new Rooms(base)
  }

  async ids(): Promise<string[]> {
    return (await this.#rooms.data.samples()).map(({ id }) => id)
  }

  /** What a press would run. `seed` chooses which rows are held out, and everything else that is drawn. */
  async prepare(id: string, profile: ProfileId, change: Partial<RunConfig> = {}): Promise<Demo> {
    if (!JUDGES[id])
      fail('bad_config', `Nothing says when an answer of "${id}" is right.`, 'Add it to right.ts.')
    const dataset = await this.#rooms.data.openSample(id)
    const settings = recommend({ practice: true, parameters: 0 }, profile)
    const config = parseRunConfig({
      ...settings,
      training: { ...settings.training, ...change.training },
      lora: { ...settings.lora, ...change.lora },
      engine: { kind: 'portable' },
      ...(change.model && { model: change.model }),
      data: { ...mappingFor({}, dataset.guess), name: dataset.name, hash: dataset.hash },
    })
    const recipe: Recipe = { dataset: dataset.id, model: MODEL, config }
    await this.#rooms.data.prepare(recipe)
    const rows = async (split: 'train' | 'validation') =>
      (await this.#rooms.data.examples(recipe, split, { offset: 0, count: dataset.rows })).examples
    const heldOut = questionsFrom(await rows('validation'), dataset.rows)
    const learnt = questionsFrom(await rows('train'), heldOut.length)
    const request = { ...recipe, samplePrompts: heldOut.slice(0, ASKED_BY_PAGE) }
    return { id, config, request, heldOut, learnt }
  }

  /** Trains, and gives the run's name and its last event. */
  run({ request }: Demo): Promise<{ run: string; done: DoneEvent }> {
    return this.#rooms.run(request)
  }

  /** A run of the command line, taken over. Refused where its data, model or settings are others than this demo's. */
  async adopt(demo: Demo, kept: Pick<ImportRequest, 'events' | 'checkpoint'>): Promise<string> {
    return this.#rooms.runs.importRun({ ...demo.request, ...kept })
  }

  /** Held-out loss at a run's last check, nats. */
  async lossOf(run: string): Promise<number> {
    const { series } = await this.#rooms.runs.history(run)
    const losses = series.validation.columns.eval_loss ?? new Float64Array()
    return losses.at(-1) ?? fail('bad_state', 'The run was never checked.', 'Hold rows out.')
  }

  /** Greedy answers of a run's adapter, or of the untrained model, held against the data's. */
  async ask({ id }: Demo, questions: readonly Question[], run: string | null): Promise<Tried[]> {
    const prompts = questions.map(({ prompt }) => prompt)
    const answers = await this.#rooms.ask(MODEL, prompts, run)
    const { judge } = JUDGES[id]!
    return questions.map((question, i) => {
      const given = answers[i]?.text ?? ''
      const wanted =
        question.reference ?? fail('bad_data', `"${question.prompt}" has no answer.`, 'Mend the data.')
      return { question, given, right: judge(wanted, given), exact: wanted === given }
    })
  }
}
