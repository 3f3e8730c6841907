import { describe, expect, test } from 'vitest'
import { Lease, type Loan, type Purpose, type Use } from '../../src/workers/engine/lease.ts'

/** A use that goes on until it is ended. */
function begin(lease: Lease, purpose: Purpose, signal?: AbortSignal) {
  let end = () => {}
  const open = new Promise<void>((resolve) => {
    end = resolve
  })
  const state: { use: Use | null } = { use: null }
  const done = lease.use(
    purpose,
    async (use) => {
      state.use = use
      await open
    },
    signal,
  )
  done.catch(() => {})
  return { end, done, state }
}

const turns = () => new Promise((resolve) => setTimeout(resolve))
const LOAN = { run: 'r' } as Loan

describe('the lease on the engine', () => {
  test('is held by one use at a time, and given back however it ends', async () => {
    const lease = new Lease()
    const check = begin(lease, 'check')
    expect(check.state.use).not.toBeNull()
    for (const purpose of ['begin', 'answer', 'check', 'device'] as const)
      await expect(lease.use(purpose, async () => 1)).rejects.toMatchObject({
        code: 'bad_state',
        message: 'The operations of the graphics processor are being checked.',
        detail: { held_by: 'check' },
      })
    check.end()
    await check.done
    await expect(
      lease.use('check', async () => {
        throw new Error('broken')
      }),
    ).rejects.toThrow('broken')
    expect(lease.held).toBe(false)
  })

  test('short uses wait for one another, and a long one for them; behind a long one nothing waits', async () => {
    const lease = new Lease()
    const [first, second] = [begin(lease, 'answer'), begin(lease, 'device')]
    const run = begin(lease, 'begin')
    await expect(lease.use('answer', async () => 1)).rejects.toMatchObject({ detail: { held_by: 'begin' } })
    await expect(lease.use('begin', async () => 1)).rejects.toMatchObject({ detail: { held_by: 'begin' } })
    expect([second.state.use, run.state.use]).toEqual([null, null])
    first.end()
    await turns()
    expect(second.state.use).not.toBeNull()
    expect(run.state.use).toBeNull()
    second.end()
    await turns()
    expect(lease.holds(run.state.use!)).toBe(true)
    run.end()
    await run.done
  })

  test('a use that waits can be stopped, and those behind it go on', async () => {
    const lease = new Lease()
    const first = begin(lease, 'answer')
    const control = new AbortController()
    const second = begin(lease, 'answer', control.signal)
    const third = begin(lease, 'answer')
    control.abort()
    await expect(second.done).rejects.toMatchObject({ name: 'AbortError' })
    first.end()
    await turns()
    expect([second.state.use, lease.holds(third.state.use!)]).toEqual([null, true])
    third.end()
    await third.done
    expect(lease.held).toBe(false)
  })

  test('what a run lends is used by one at a time, and held by who is not done when the run ends', async () => {
    const lease = new Lease()
    const run = begin(lease, 'train')
    await expect(lease.use('answer', async () => 1)).rejects.toMatchObject({ detail: { held_by: 'train' } })
    run.state.use!.loan = LOAN
    const [first, second] = [begin(lease, 'answer'), begin(lease, 'evaluation')]
    expect(first.state.use!.lent).toBe(LOAN)
    expect(lease.holds(first.state.use!)).toBe(false)
    expect(second.state.use).toBeNull()
    await expect(lease.use('check', async () => 1)).rejects.toMatchObject({ detail: { held_by: 'train' } })
    run.end()
    await run.done
    expect(lease.holds(first.state.use!)).toBe(true)
    const next = begin(lease, 'begin')
    expect([second.state.use, next.state.use]).toEqual([null, null])
    first.end()
    await turns()
    expect(second.state.use!.lent).toBeNull()
    second.end()
    await turns()
    expect(lease.holds(next.state.use!)).toBe(true)
    next.end()
    await next.done
  })

  test('what is lent can be taken back', async () => {
    const lease = new Lease()
    const run = begin(lease, 'train')
    run.state.use!.loan = LOAN
    let told: unknown = null
    const borrowed = lease.use('answer', ({ recalled }) => {
      return new Promise<void>((resolve) => {
        recalled.signal.onabort = () => {
          told = recalled.signal.reason
          resolve()
        }
      })
    })
    await lease.recall('the device is lost')
    expect(told).toBe('the device is lost')
    await borrowed
    run.end()
    await run.done
    expect(lease.held).toBe(false)
  })
})
