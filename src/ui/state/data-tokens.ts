import { batch, createEffect, createSignal, on, onCleanup, untrack } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { Studio, TokenisedSample } from '../../protocol/studio.ts'
import type { Split } from '../../protocol/tokens.ts'
import type { DataState } from './data.ts'
import { pageStart } from './data-rows.ts'

/** Examples to a page: each may be a thousand tokens and more. */
export const EXAMPLES = 5

export interface TokenPage {
  split: Split
  /** Place of the first among the split's examples, 0-based. */
  offset: number
  total: number
  samples: TokenisedSample[]
}

/** Any page of the examples of a split as tokens, kept up to date with what is chosen. */
export function createTokenPages(studio: Studio, data: DataState) {
  const [split, setSplit] = createSignal<Split>('train')
  const [offset, setOffset] = createSignal(0)
  const [page, setPage] = createSignal<TokenPage | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)

  // What has just been prepared is at hand in the worker; what is still being typed is not asked for.
  createEffect(
    on([data.prepared, split, offset], ([prepared, of, from]) => {
      const request = untrack(data.request)
      if (!prepared || !request) return
      let stale = false
      onCleanup(() => {
        stale = true
      })
      studio.data.tokenSamples(request, of, { offset: from, count: EXAMPLES }).then(
        ({ total, samples }) => {
          if (stale) return
          batch(() => {
            setPage({ split: of, offset: from, total, samples })
            setFailure(null)
            if (from >= total && from > 0) setOffset(pageStart(total - 1, total, EXAMPLES))
            else if (total === 0 && of !== 'train') setSplit('train')
          })
        },
        (error) => !stale && setFailure(toFailure(error)),
      )
    }),
  )

  return {
    split,
    setSplit: (value: Split) =>
      batch(() => {
        setSplit(value)
        setOffset(0)
      }),
    offset,
    total: () => page()?.total ?? 0,
    page,
    failure,
    goTo: (example: number) => setOffset(pageStart(example, page()?.total ?? 0, EXAMPLES)),
  }
}
