import { batch, createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { HubChoice, HubConfigs, HubDataset, SourceAccess, Studio } from '../../protocol/studio.ts'

/**
 * A look round the Hugging Face Hub. Nothing is asked of it but what a person asks for; what was typed and found is kept
 * while the page is open, and nowhere else.
 */
export function createHub(studio: Studio) {
  const [query, setQuery] = createSignal('')
  const [token, setToken] = createSignal('')
  /** Null before the first search. */
  const [results, setResults] = createSignal<HubDataset[] | null>(null)
  const [dataset, setDataset] = createSignal<string | null>(null)
  const [configs, setConfigs] = createSignal<HubConfigs | null>(null)
  const [config, setConfig] = createSignal('')
  const [split, setSplit] = createSignal('')
  const [busy, setBusy] = createSignal(false)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  let abort: AbortController | null = null

  const access = (): SourceAccess => (token().trim() ? { token: token().trim() } : {})

  async function ask<Answer>(
    question: (signal: AbortSignal) => Promise<Answer>,
    use: (answer: Answer) => void,
  ): Promise<void> {
    stop()
    const own = (abort = new AbortController())
    setBusy(true)
    try {
      const answer = await question(own.signal)
      if (abort === own) batch(() => use(answer))
    } catch (error) {
      if (abort === own) setFailure(toFailure(error))
    } finally {
      if (abort === own) setBusy(false)
    }
  }

  function stop(): void {
    abort?.abort()
    abort = null
    batch(() => {
      setBusy(false)
      setFailure(null)
    })
  }

  const search = () =>
    ask((signal) => studio.data.searchHub(query().trim(), access(), { signal }), setResults)

  /** What there is to choose from in a data set; asked again with another token, it stays in view. */
  function choose(id: string): Promise<void> {
    batch(() => {
      setDataset(id)
      setConfigs(null)
    })
    return ask(
      (signal) => studio.data.hubConfigs(id, access(), { signal }),
      (found) => {
        setConfigs(found)
        pickConfig(usual(found.configs, 'default'))
      },
    )
  }

  const splits = () => configs()?.configs.find(({ name }) => name === config())?.splits ?? []

  function pickConfig(name: string): void {
    batch(() => {
      setConfig(name)
      setSplit(usual(splits(), 'train'))
    })
  }

  function back(): void {
    stop()
    batch(() => {
      setDataset(null)
      setConfigs(null)
    })
  }

  return {
    query,
    setQuery,
    token,
    setToken,
    access,
    results,
    dataset,
    /** As the search showed it, where it did. */
    found: () => results()?.find(({ id }) => id === dataset()) ?? null,
    configs,
    config,
    splits,
    split: () => splits().find(({ name }) => name === split()) ?? null,
    busy,
    failure,
    search,
    choose,
    pickConfig,
    pickSplit: setSplit,
    back,
    stop,
    choice: (): HubChoice => ({ dataset: dataset() ?? '', config: config(), split: split() }),
  }
}

function usual(all: readonly { name: string }[], name: string): string {
  return (all.find((each) => each.name === name) ?? all[0])?.name ?? ''
}

/** Whether what was typed could be a data set's own name, `owner/name`. */
export function isHubName(text: string): boolean {
  return /^[\w.-]+\/[\w.-]+$/.test(text.trim())
}

/** Rows by the size classes of the Hub's cards, such as `10K<n<100K`, `n<1K`, `n>1T`; null for what is none. */
export function hubSize(size: string): { from: number; to: number } | null {
  const unit = { '': 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 }
  const value = (digits = '', letter = '') => Number(digits) * unit[letter as keyof typeof unit]
  const between = /^(\d+)([KMBT]?)<n<(\d+)([KMBT]?)$/.exec(size)
  if (between) return { from: value(between[1], between[2]), to: value(between[3], between[4]) }
  const below = /^n<(\d+)([KMBT]?)$/.exec(size)
  if (below) return { from: 0, to: value(below[1], below[2]) }
  const above = /^n>(\d+)([KMBT]?)$/.exec(size)
  return above ? { from: value(above[1], above[2]), to: Number.POSITIVE_INFINITY } : null
}
