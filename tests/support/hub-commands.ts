import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Fault, type HubServer, hubServer } from './hub-server.ts'

/** Tests in a browser ask for these: servers are Node's. */

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const running = new Map<string, HubServer>()

/** Starts a hub with Pebble as `school/pebble`, a bit of it another: a copy would be the one that comes with the studio. @returns its address */
export async function startHub(_: unknown, given: { token: string; gated: boolean }): Promise<string> {
  const files = new Map(
    readdirSync(PEBBLE).map((name) => [name, new Uint8Array(readFileSync(join(PEBBLE, name)))] as const),
  )
  const weights = files.get('model.safetensors')!
  weights[weights.length - 2]! ^= 1
  const card = { license: 'gemma' }
  const repository = { files, card, ...(given.gated ? { gated: [given.token] } : {}) }
  const hub = await hubServer({ 'school/pebble': repository })
  hub.accounts.set(given.token, 'teacher')
  running.set(hub.endpoint, hub)
  return hub.endpoint
}

/** What goes wrong with the requests for a file from now on, one after the other; null: nothing with this one. */
export function breakHub(_: unknown, endpoint: string, file: string, faults: (Fault | null)[]): void {
  const left = [...faults]
  running.get(endpoint)!.fault = ({ path }) => (path.endsWith(`/${file}`) ? (left.shift() ?? null) : null)
}

/** Requests so far, and forgets them. */
export function hubRequests(_: unknown, endpoint: string): HubServer['requests'] {
  const hub = running.get(endpoint)!
  return hub.requests.splice(0)
}

export async function stopHub(_: unknown, endpoint: string): Promise<void> {
  await running.get(endpoint)?.close()
  running.delete(endpoint)
}

type Command<Of> = Of extends (context: unknown, ...args: infer Args) => infer Result
  ? (...args: Args) => Promise<Awaited<Result>>
  : never

declare module 'vitest/browser' {
  interface BrowserCommands {
    startHub: Command<typeof startHub>
    breakHub: Command<typeof breakHub>
    hubRequests: Command<typeof hubRequests>
    stopHub: Command<typeof stopHub>
  }
}
