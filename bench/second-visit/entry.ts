import type { ModelInfo, Progress, Studio } from '../../src/protocol/studio.ts'

export interface Visited {
  /** Milliseconds since the page was opened, of each thing that was told, the first text last. */
  told: { at: number; what: string }[]
  text: string
}

declare global {
  interface Window {
    /** Given by whoever measures. */
    toldVisit?(what: string): Promise<void>
    visit?: {
      fetchModel(address: string): Promise<ModelInfo>
      ask(model: string, prompt: string): Promise<Visited>
    }
  }
}

/** The studio's client and workers, as index.html made them, behind `window.visit`: the studio without its page. */
export const visitor = (studio: Studio): NonNullable<Window['visit']> => ({
  fetchModel: (address) => studio.models.download({ kind: 'url', address }),
  async ask(model, prompt) {
    const told: Visited['told'] = []
    const tell = (what: string) => {
      if (told.at(-1)?.what === what) return
      told.push({ at: performance.now(), what })
      void window.toldVisit?.(what)
    }
    tell('asked')
    const stop = new AbortController()
    let text = ''
    const options = { maxNewTokens: 16, temperature: 0, topK: 0, topP: 1, seed: 0 }
    const onProgress = ({ note }: Progress) => tell(note ?? '')
    const found = await studio.models.list()
    tell('models listed')
    if (!found.some(({ id }) => id === model)) throw new Error(`${model} is not stored`)
    const [answer] = await studio.answers.answer(
      { model, run: null, prompts: [prompt], options, engine: 'portable' },
      (_, piece) => {
        text += piece
        if (text !== '') tell('first text')
      },
      { signal: stop.signal, onProgress },
    )
    tell('answer')
    return { told, text: answer!.text }
  },
})
