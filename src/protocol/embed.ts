/**
 * Lapidary inside another page: what `<lapidary-studio>` and the frame in it say to each other. Published beside the script as
 * `embed.d.ts`, so this file imports nothing.
 *
 * Both sides know the other's window and origin, and hear nobody else. Every message names the version of this protocol.
 */
export const EMBED_VERSION = 1 as const

/** The five places of the studio, in the order of the work. */
export const PLACES = ['data', 'model', 'train', 'evaluate', 'export'] as const
export type Place = (typeof PLACES)[number]

/** What can be shown or left out: the places, and the list of runs. */
export const PARTS = ['data', 'model', 'train', 'evaluate', 'export', 'runs'] as const
export type Part = (typeof PARTS)[number]

/** What can be locked: the data and their columns, the choice of a model, the settings of a run. */
export const LOCKS = ['data', 'model', 'train'] as const
export type Lock = (typeof LOCKS)[number]

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** Languages that the studio's texts are in. */
export const LANGUAGES = ['en', 'zh-Hant'] as const
export type Language = (typeof LANGUAGES)[number]

/** Unicode's name for a language of trial: English from right to left and longer, to see whether a layout holds. Only a link asks for it. */
export const PSEUDO = 'ar-XB'
export type PageLanguage = Language | typeof PSEUDO

/** Rows that the page around has: a file's name, whose ending says what it is (.csv, .tsv, .jsonl, .json), and its text. */
export interface EmbedData {
  name: string
  text: string
}

/** What the page around may say. */
export type ToFrame =
  /** In place of the data that are there. */
  | ({ type: 'data' } & EmbedData)
  /** Trains as the frame is set up, once data and model are there. */
  | { type: 'start' }
  /** After this step, or at once: what came after the last checkpoint is then lost. */
  | { type: 'stop'; now?: boolean }
  /** What the frame's last run has learnt; the person is asked first. */
  | { type: 'adapter' }
  | { type: 'theme'; theme: Theme }

/** Figures of a step or of an evaluation. Only the steps, where a person trains on data of their own: the rest is theirs. */
export interface EmbedProgress {
  step: number
  maxSteps: number
  /** Mean cross-entropy of the step, nats. */
  loss?: number
  /** Of the last evaluation on rows never trained on, nats. */
  validationLoss?: number
  tokensPerSecond?: number
}

export interface EmbedFailure {
  /** Stable, as `bad_config`. */
  code: string
  message: string
  hint: string
}

/** A file of the adapter, in PEFT's layout. */
export interface EmbedFile {
  path: string
  bytes: ArrayBuffer
}

/** What the frame may say. */
export type FromFrame =
  /** It can be spoken to. */
  | { type: 'ready' }
  /** What its content needs, CSS pixels. */
  | { type: 'height'; height: number }
  | { type: 'started' }
  | ({ type: 'progress' } & EmbedProgress)
  | { type: 'finished'; reason: 'finished' | 'stopped'; step: number; seconds: number }
  | ({ type: 'failed' } & EmbedFailure)
  | { type: 'adapter'; files: EmbedFile[] }
  /** What was asked cannot or must not be done; `about`: the type of the message that asked. */
  | ({ type: 'refused'; about: string } & EmbedFailure)

/** As it is posted. */
export type Posted<Message> = Message & { lapidary: typeof EMBED_VERSION }

/** What the element tells the page around, as events of these names with these details. */
export interface LapidaryStudioEvents {
  ready: CustomEvent<void>
  started: CustomEvent<void>
  progress: CustomEvent<EmbedProgress>
  finished: CustomEvent<{ reason: 'finished' | 'stopped'; step: number; seconds: number }>
  failed: CustomEvent<EmbedFailure>
}

/**
 * `<lapidary-studio>`. Attributes: `src` (the studio; by itself where the script came from), `model`, `data` (`sample:pirate`,
 * `hub:owner/name`, an address), `config` (run.json as text), `parts`, `locked`, `place`, `theme`, `lang`, `height` (pixels; by
 * itself it follows the content), `label`, `sealed` (present or not), `loading` (`eager`: at once; by itself once its
 * place is seen, or it is asked for something). Inside may stand `<script type="text/csv">` or `application/jsonl` with rows, and
 * `application/json` with a run.json.
 */
export interface LapidaryStudioElement extends HTMLElement {
  /** Trains. Rejects with an `EmbedFailure` where it cannot. Resolves once the run has begun. */
  start(): Promise<void>
  stop(options?: { now?: boolean }): void
  /** Asks the person for what was learnt. Rejects with an `EmbedFailure` where they say no, or there is nothing. */
  adapter(): Promise<EmbedFile[]>
  /** Other rows, in place of those in the element. */
  setData(data: EmbedData): void
  addEventListener<Name extends keyof LapidaryStudioEvents>(
    name: Name,
    listener: (this: LapidaryStudioElement, event: LapidaryStudioEvents[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void
  addEventListener(
    name: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void
}
