import { createEffect, createSignal, on, onCleanup } from 'solid-js'
import * as v from 'valibot'
import {
  EMBED_VERSION,
  type EmbedFailure,
  type EmbedFile,
  type FromFrame,
  THEMES,
  type ToFrame,
} from '../../protocol/embed.ts'
import { toFailure } from '../../protocol/errors.ts'
import { blobOf } from '../../protocol/exported.ts'
import type { RunInfo } from '../../protocol/studio.ts'
import { t } from '../messages/t.ts'
import type { App } from './app.tsx'
import { withProof } from './proofs.ts'

/** What the page around may say; anything else is refused. */
const MessageSchema = v.variant('type', [
  v.object({
    type: v.literal('data'),
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
    text: v.string(),
  }),
  v.object({ type: v.literal('start') }),
  v.object({ type: v.literal('stop'), now: v.optional(v.boolean(), false) }),
  v.object({ type: v.literal('adapter') }),
  v.object({ type: v.literal('theme'), theme: v.picklist(THEMES) }),
])

type Reading = { message: ToFrame } | { about: string; newer: boolean } | null

/** What was posted, as a message of this protocol; null for what is none of it. */
export function readMessage(data: unknown): Reading {
  if (typeof data !== 'object' || data === null || !('lapidary' in data)) return null
  const about = String((data as { type?: unknown }).type).slice(0, 40)
  if (data.lapidary !== EMBED_VERSION) return { about, newer: true }
  const read = v.safeParse(MessageSchema, data)
  return read.success ? { message: read.output as ToFrame } : { about, newer: false }
}

/** What the frame needs of its windows. */
export interface Windows {
  own: Pick<Window, 'addEventListener' | 'removeEventListener'>
  parent: Pick<Window, 'postMessage'>
}

/**
 * Speaks with the page around, and with nobody else: only what its window posts from the origin that it said it has is heard, and only
 * a page of that origin hears what is posted.
 * @param ready settles once the page is set up as its link says
 */
export function createEmbedded(
  app: Pick<App, 'data' | 'link' | 'models' | 'proofs' | 'runs' | 'studio' | 'theme' | 'training'>,
  around: string,
  ready: Promise<unknown>,
  { own, parent }: Windows = { own: window, parent: window.parent },
) {
  const { data, link, models, proofs, runs, studio, theme, training } = app
  /** A run that the page around asks what it has learnt. */
  const [question, setQuestion] = createSignal<RunInfo | null>(null)
  /** The last run of this visit. */
  let run: string | null = null

  const say = (message: FromFrame, transfer: Transferable[] = []) =>
    parent.postMessage({ ...message, lapidary: EMBED_VERSION }, around, transfer)
  const refuse = (about: string, { code, message, hint }: EmbedFailure) =>
    say({ type: 'refused', about, code, message, hint })
  const refuseWith = (
    about: string,
    text: 'busy' | 'notReady' | 'noRun' | 'declined' | 'unknown' | 'version',
  ) =>
    refuse(about, {
      code: text === 'version' || text === 'unknown' ? 'unsupported_format' : 'bad_state',
      message: t(`embed.${text}`),
      hint: t(`embed.${text}Hint`),
    })

  /** Messages are heeded in the order they came in, each when what was before it is done. */
  let before: Promise<unknown> = ready
  function take({ source, origin, data: posted }: MessageEvent): void {
    if (source !== (parent as unknown) || origin !== around) return
    const read = readMessage(posted)
    if (!read) return
    if ('message' in read) follow(read.message)
    else refuseWith(read.about, read.newer ? 'version' : 'unknown')
  }

  function follow(message: ToFrame): void {
    // A run is not waited for, and neither is a person.
    if (message.type === 'theme') theme.setTheme(message.theme)
    else if (message.type === 'stop') stop(message.now ?? false)
    else before = before.then(() => heed(message)).catch((error) => refuse(message.type, toFailure(error)))
  }

  async function heed(message: Exclude<ToFrame, { type: 'theme' | 'stop' }>): Promise<void> {
    if (message.type === 'adapter') return ask()
    if (training.busy()) return refuseWith(message.type, 'busy')
    if (message.type === 'data') {
      if (!(await link.supply(message.name, message.text)))
        refuse(
          'data',
          data.failure() ?? { code: 'bad_data', message: t('embed.notReady'), hint: t('embed.notReadyHint') },
        )
      return
    }
    await models.ready
    if (link.waiting() || !training.config()) return refuseWith('start', 'notReady')
    void training.start()
  }

  function stop(now: boolean): void {
    if (training.phase() === 'idle') refuseWith('stop', 'noRun')
    else void training.stop(now)
  }

  function ask(): void {
    const asked = runs.byId(run)
    if (!asked || training.busy() || asked.step === 0) refuseWith('adapter', 'noRun')
    else setQuestion(asked)
  }

  async function answer(yes: boolean): Promise<void> {
    const asked = question()
    setQuestion(null)
    if (!asked) return
    if (!yes) return refuseWith('adapter', 'declined')
    try {
      const { which } = await runs.chosen(asked)
      const wanted = { run: asked.id, format: 'peft', which }
      const made = await studio.runs.exportRun(asked.id, 'peft', which)
      // As a download has it: with the proof of its effect, where that can be made.
      const exported = await withProof(made, wanted, { studio, proofs })
      const files: EmbedFile[] = []
      for (const file of exported)
        files.push({ path: file.path, bytes: await (await blobOf(file)).arrayBuffer() })
      say(
        { type: 'adapter', files },
        files.map(({ bytes }) => bytes),
      )
    } catch (error) {
      refuse('adapter', toFailure(error))
    }
  }

  /** Of a run on data that the person chose, the page around hears how far it is, and nothing of what is in them. */
  const isTheirs = () => link.isGiven(training.liveConfig()?.data.hash ?? null)

  createEffect(
    on(runs.live, (live) => {
      if (live === null) return
      run = live
      say({ type: 'started' })
    }),
  )
  createEffect(
    on([training.latest, training.latestEval], ([step, evaluation]) => {
      if (!step || !training.busy()) return
      const { step: at, max_steps: maxSteps } = step
      const figures = {
        loss: step.loss,
        tokensPerSecond: step.tokens_per_second,
        ...(evaluation ? { validationLoss: evaluation.eval_loss } : {}),
      }
      say({ type: 'progress', step: at, maxSteps, ...(isTheirs() ? figures : {}) })
    }),
  )
  createEffect(
    on(training.busy, (busy, was) => {
      if (busy || !was) return busy
      const ended = runs.byId(run)
      const failed = training.failureOf(run) ?? (ended?.status === 'failed' ? ended.failure : null)
      if (failed) say({ type: 'failed', ...told(failed) })
      else if (ended && ended.status !== 'running')
        say({
          type: 'finished',
          reason: ended.status === 'done' ? 'finished' : 'stopped',
          step: ended.step,
          seconds: ended.seconds,
        })
      return busy
    }),
  )

  /** What is wrong with a person's own rows may quote them. */
  function told({ code, message, hint }: EmbedFailure): EmbedFailure {
    return isTheirs()
      ? { code, message, hint }
      : { code, message: t('embed.failed'), hint: t('embed.failedHint') }
  }

  own.addEventListener('message', take as EventListener)
  onCleanup(() => own.removeEventListener('message', take as EventListener))
  say({ type: 'ready' })

  return {
    question,
    answer,
    /** @param pixels that the content needs */
    tellHeight: (pixels: number) => say({ type: 'height', height: Math.ceil(pixels) }),
  }
}
