import type { HeadLayout } from './layout.ts'
import { type BlockTask, PartComputer } from './part.ts'

/** What a thread is sent: first the memory, then for each block the parts that are its own. */
export type ToThread =
  | { kind: 'open'; layout: HeadLayout; memory: WebAssembly.Memory; fma: boolean }
  | { kind: 'run'; task: BlockTask; parts: number[] }

/** What it answers to each. */
export interface FromThread {
  error: string | null
  /** To `open`: see `takeLife`. */
  life?: string | null
}

/**
 * A thread's side: what `post` answers to each message.
 * @param take see `takeLife`
 */
export function threadOver(
  post: (answer: FromThread) => void,
  take: () => Promise<string | null>,
): (message: ToThread) => Promise<void> {
  let computer: PartComputer | null = null
  return async (message) => {
    try {
      if (message.kind === 'open') {
        computer = new PartComputer(message.layout, message.memory, message.fma)
        return post({ error: null, life: await take() })
      }
      for (const part of message.parts) await computer!.run(part, message.task, async () => {})
      post({ error: null })
    } catch (error) {
      post({ error: error instanceof Error ? error.message : String(error) })
    }
  }
}
