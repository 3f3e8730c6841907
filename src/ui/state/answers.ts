import { batch, createSignal } from 'solid-js'
import { createStore, produce } from 'solid-js/store'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { AnswerRequest, CheckpointChoice, RunInfo, Studio } from '../../protocol/studio.ts'
import type { Message } from '../../protocol/tokens.ts'
import type { ModelState } from './models.ts'
import type { Question } from './questions.ts'

export type AnswersState = ReturnType<typeof createAnswers>
export type Side = 'base' | 'tuned'

export interface SideAnswer {
  state: 'waiting' | 'writing' | 'done' | 'stopped' | 'failed'
  text: string
  seconds: number
  /** It met the limit on its length: the model did not end it. */
  cut?: boolean
  failure?: Failure
}

export interface Exchange {
  id: number
  prompt: string
  /** What the data says, where the question is of the data, and of which rows it is then. */
  reference?: string
  split?: Question['split']
  system?: Question['system']
  tools?: Question['tools']
  run: string
  /** Step of the checkpoint that answered, and by how much its adapter acted. */
  step: number
  strength: number
  /** The exchange that it goes on from; null: it is the first of its conversation. */
  after: number | null
  base: SideAnswer
  tuned: SideAnswer
}

/** Which adapter answers and by how much it acts, and what the question goes on from. */
interface AskedOf {
  step: number
  checkpoint: CheckpointChoice
  strength?: number
  after?: number | null
}

/** Prompts typed by a person, answered by the base model and by a run's adapter on it, one after the other. */
export function createAnswers(studio: Studio, models: Pick<ModelState, 'asked'>) {
  const [exchanges, setExchanges] = createStore<Exchange[]>([])
  const [asking, setAsking] = createSignal(false)
  let abort: AbortController | null = null
  let count = 0

  async function ask(
    question: Question,
    { id: run, model, config }: Pick<RunInfo, 'id' | 'model' | 'config'>,
    { step, checkpoint, strength = 1, after = null }: AskedOf,
    options: AnswerRequest['options'],
  ): Promise<void> {
    if (asking()) return
    const id = ++count
    const blank = (): SideAnswer => ({ state: 'waiting', text: '', seconds: 0 })
    abort = new AbortController()
    batch(() => {
      setAsking(true)
      setExchanges(
        produce((all) =>
          all.unshift({ id, ...question, run, step, strength, after, base: blank(), tuned: blank() }),
        ),
      )
    })
    try {
      const { prompt, tools, system } = question
      const beside = { ...(tools ? { tools } : {}), ...(system === undefined ? {} : { system }) }
      const asked = { model, prompts: [prompt], ...beside, options, ...models.asked() }
      const before = (side: Side) => ({ before: turnsBefore(after, side) })
      await answer(id, 'tuned', { ...asked, ...before('tuned'), run, checkpoint, strength }, abort.signal)
      const { quantization } = config.model
      await answer(
        id,
        'base',
        { ...asked, ...before('base'), run: null, baseOf: run, quantization },
        abort.signal,
      )
    } finally {
      setAsking(false)
    }
  }

  /** What was said before, each side with its own answers. */
  function turnsBefore(after: number | null, side: Side): Message[] {
    const last = exchanges.find(({ id }) => id === after)
    if (!last) return []
    const { text } = last[side]
    const turns: Message[] = [
      { role: 'user', content: last.prompt },
      { role: 'assistant', content: text },
    ]
    // Turns alternate: a question that was not answered is none.
    return [...turnsBefore(last.after, side), ...(text.trim() === '' ? [] : turns)]
  }

  async function answer(id: number, side: Side, request: AnswerRequest, signal: AbortSignal): Promise<void> {
    const change = (next: Partial<SideAnswer>) => setExchanges((exchange) => exchange.id === id, side, next)
    if (signal.aborted) return change({ state: 'stopped' })
    const begun = performance.now()
    change({ state: 'writing' })
    let text = ''
    try {
      const whole = await studio.answers.answer(
        request,
        (_, piece) => {
          text += piece
          change({ text })
        },
        { signal },
      )
      const [given] = whole
      change({
        state: 'done',
        text: given?.text ?? text,
        seconds: (performance.now() - begun) / 1000,
        cut: given?.finish === 'length',
      })
    } catch (error) {
      const failure = toFailure(error)
      if (failure.code === 'cancelled') change({ state: 'stopped', text })
      else change({ state: 'failed', text, failure })
    }
  }

  return { exchanges, asking, ask, stop: () => abort?.abort(), clear: () => setExchanges([]) }
}
