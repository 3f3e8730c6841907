import { answer } from '../generate/chat.ts'
import type { Engine, EngineState } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { Asked } from '../protocol/events.ts'
import { defaultRunConfig } from '../protocol/run-config.ts'
import type { AnswerRequest, AnswerRoom, Call, CheckpointChoice } from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import type { Checkpoint } from '../trainer/checkpoint.ts'
import type { EngineHost, Engines } from './engine/host.ts'
import type { Loan } from './engine/lease.ts'
import { planRequest } from './engine/plan-request.ts'
import type { Library, OpenModel } from './library.ts'

/** Positions are rounded up to this, so that a slightly longer chat needs no new plan. */
const POSITIONS_STEP = 256
/** Prompts that a chat decodes side by side. */
const SIDE_BY_SIDE = 4

/** What is asked, and what answering it takes. */
interface Question {
  request: AnswerRequest
  model: OpenModel
  positions: number
  signal: AbortSignal
}

/** What it asks of whoever keeps models and runs: all of a browser's, or the one of a chat page. */
export interface AnswerParts {
  library(): Promise<Pick<Library, 'open'>>
  host: EngineHost
  /** The base of a stored run, by its hash; null where there is no such run. */
  baseOf?(run: string, call: Call): Promise<OpenModel | null>
  shelf: {
    record(run: string): Promise<Pick<RunRecord, 'config'>>
    needCheckpoint(
      run: string,
      which?: CheckpointChoice,
    ): Promise<{ meta: Pick<Checkpoint['meta'], 'step'>; state: Checkpoint['state'] }>
  }
}

export function answerRoom({ library, host, baseOf, shelf }: AnswerParts): AnswerRoom {
  /** An engine with the question's model, with room for its prompts, and with the run's adapter in it (or any, for none). */
  async function engineFor(engines: Engines, question: Question): Promise<Engine> {
    const { request, model, positions, signal } = question
    const { run } = request
    const room = Math.ceil(positions / POSITIONS_STEP) * POSITIONS_STEP
    const decode = {
      sequences: Math.min(SIDE_BY_SIDE, request.prompts.length),
      positions: Math.min(model.info.config.maxPositions, room),
    }
    const record = run === null ? null : await shelf.record(run)
    const lora = record?.config.lora ?? defaultRunConfig().lora
    // Base and tuned answer on the same base.
    const quantization = record ? record.config.model.quantization : (request.quantization ?? null)
    let engine = engines.loadedFor(model, record && lora, decode, quantization)
    if (!engine) {
      const config = { ...defaultRunConfig(), lora, ...(record ? { engine: record.config.engine } : {}) }
      const most = { tokens: POSITIONS_STEP, supervised: 1 }
      const plan = planRequest(config, model.info.config, await model.weights(quantization), most, decode)
      const { default_limits: defaultLimits, kind, portable_backend } = config.engine
      engine = await engines.load({
        model,
        quantization,
        plan,
        seed: 0,
        engine: record ? kind : (request.engine ?? 'auto'),
        backend: record ? portable_backend : (request.portableBackend ?? 'auto'),
        defaultLimits,
        choices: {},
        signal,
      })
    }
    if (run === null) return engine
    const checkpoint = await shelf.needCheckpoint(run, request.checkpoint)
    const { strength = 1 } = request
    const key = `${run} ${checkpoint.meta.step}${strength === 1 ? '' : ` times ${strength}`}`
    if (engines.adapter !== key) {
      engines.adapter = null
      await engine.loadState(atStrength(checkpoint.state, strength), signal)
      engines.adapter = key
    }
    return engine
  }

  return {
    answer(request, onText, call = {}) {
      return host.use(
        request.purpose ?? 'answer',
        async (engines) => {
          const signal = call.signal ? AbortSignal.any([call.signal, engines.recalled]) : engines.recalled
          const heard = { ...call, signal }
          const of = request.run ?? request.baseOf
          const model =
            (of === undefined ? null : await baseOf?.(of, heard)) ??
            (await (await library()).open(request.model, heard))
          const codec = await model.codec()
          const { tools, system, before } = request
          const beside = {
            ...(tools ? { tools } : {}),
            ...(system === undefined ? {} : { system }),
            ...(before ? { before } : {}),
          }
          const asked = request.prompts.map((prompt): Asked => ({ prompt, ...beside }))
          const longest = Math.max(0, ...asked.map((one) => codec.render(one).length))
          const most = model.info.config.maxPositions
          if (longest + 1 > most)
            fail(
              'bad_data',
              `The prompt has ${longest} tokens; the model knows ${most} positions.`,
              'Shorten the prompt.',
              { tokens: longest },
            )
          const positions = longest + request.options.maxNewTokens
          const engine = engines.lent
            ? lentFor(engines.lent, request, model)
            : await engineFor(engines, { request, model, positions, signal })
          const adapter = request.run === null ? ('off' as const) : ('on' as const)
          const options = { ...request.options, adapter }
          const given = await answer(engine, codec, asked, options, onText, signal)
          return given.map(({ text, finish }) => ({ text, finish }))
        },
        call,
      )
    },
  }
}

/** An adapter that acts by so much: what it adds is linear in B. */
function atStrength(state: EngineState, strength: number): EngineState {
  if (strength === 1) return state
  const lora = Object.entries(state.lora).map(([name, { shape, data }]) => [
    name,
    { shape, data: name.includes('.lora_B.') ? data.map((value) => value * strength) : data },
  ])
  return { ...state, lora: Object.fromEntries(lora) }
}

/** The engine of the run that goes on, for questions to what it trains. */
function lentFor({ engine, model, run }: Loan, request: AnswerRequest, asked: OpenModel): Engine {
  if (
    model.info.hash !== asked.info.hash ||
    ![null, run].includes(request.run) ||
    (request.strength ?? 1) !== 1
  )
    fail(
      'bad_state',
      'A run is going on; while it does, only its own model and adapter can answer.',
      'Wait until it is done, or stop it.',
      { held_by: 'train', run },
    )
  return engine
}
