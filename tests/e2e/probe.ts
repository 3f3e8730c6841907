import type { Page, Worker } from '@playwright/test'
import type { Outside } from '../browsers/policy.ts'

export type Probe = Record<'allowed' | 'forbidden' | 'own' | 'program', string>

/** Whether a page or a worker reaches places, and runs a text as a program. Tried from within, in a task of its own: the protocol that tests speak lets what it runs itself past the policy. */
export function probe(place: Page | Worker, { allowed, forbidden }: Outside, own: string): Promise<Probe> {
  const look = (urls: Record<'allowed' | 'forbidden' | 'own', string>) =>
    new Promise<Probe>((resolve) => {
      setTimeout(async () => {
        const get = (url: string) =>
          fetch(url, { cache: 'no-store' }).then(
            () => 'answered',
            () => 'refused',
          )
        let program = 'ran'
        try {
          // biome-ignore lint/security/noGlobalEval: the policy is to refuse it
          globalThis.eval('1')
        } catch (error) {
          program = (error as Error).name
        }
        resolve({
          allowed: await get(urls.allowed),
          forbidden: await get(urls.forbidden),
          own: await get(urls.own),
          program,
        })
      })
    })
  return (place as Page).evaluate(look, { allowed, forbidden, own })
}
