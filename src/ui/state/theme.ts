import { createEffect, createSignal } from 'solid-js'
import { recall, remember } from './memory.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** Light, dark, or what the system says (the default). */
export function createTheme() {
  const kept = recall<{ choice: Theme }>('theme')?.choice
  const [theme, setTheme] = createSignal<Theme>(THEMES.find((name) => name === kept) ?? 'system')
  createEffect(() => {
    const choice = theme()
    if (choice === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = choice
    remember('theme', choice === 'system' ? null : { choice })
  })
  return { theme, setTheme }
}
