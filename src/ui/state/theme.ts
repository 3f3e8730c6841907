import { createEffect, createSignal } from 'solid-js'
import { THEMES, type Theme } from '../../protocol/embed.ts'
import { recall, remember } from './memory.ts'

export { THEMES, type Theme }

/**
 * Light, dark, or what the system says (the default).
 * @param asked by the page's link
 * @param own whether it is the page's own, and remembered; else it is that of the page around
 */
export function createTheme(asked: Theme | null = null, own = true) {
  const kept = asked ?? (own ? recall<{ choice: Theme }>('theme')?.choice : 'system')
  const [theme, setTheme] = createSignal<Theme>(THEMES.find((name) => name === kept) ?? 'system')
  createEffect(() => {
    const choice = theme()
    if (choice === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = choice
    if (own) remember('theme', choice === 'system' ? null : { choice })
  })
  return { theme, setTheme }
}
