import { type Accessor, createEffect, on, onCleanup } from 'solid-js'

/** Which models tabs have chosen: each holds a shared lock by the model's name. Plain http pages have no locks. */
const PREFIX = 'lapidary-model-'

const locks = () => (globalThis.navigator as Partial<Navigator> | undefined)?.locks

/** Says to other tabs which model this one has chosen. */
export function sayChosen(chosen: Accessor<string>): void {
  createEffect(
    on(chosen, (id) => {
      const left = new AbortController()
      const { signal } = left
      const until = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      // What is granted in the moment of leaving is given back at once.
      void locks()
        ?.request(PREFIX + id, { mode: 'shared', signal }, () => until)
        .catch(() => {})
      onCleanup(() => left.abort())
    }),
  )
}

/** Whether another tab has chosen a model. @param here whether this one has */
export async function chosenElsewhere(id: string, here: boolean): Promise<boolean> {
  // In a frame of another site Firefox does not tell.
  const { held = [] } =
    (await locks()
      ?.query()
      .catch(() => null)) ?? {}
  return held.filter(({ name }) => name === PREFIX + id).length > (here ? 1 : 0)
}
