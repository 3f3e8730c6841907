import { createEffect, createMemo, Show } from 'solid-js'
import { PLACES } from '../../../protocol/embed.ts'
import '../../messages/lesson.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { lessonNodes } from './lesson-html.ts'

/** A step's text. A link to `#train` and the like leads to that part of the studio. */
export function LessonText(props: { markdown: string; language: string }) {
  const { route } = useApp()
  let place!: HTMLDivElement
  const made = createMemo(() => lessonNodes(props.markdown))
  createEffect(() => place.replaceChildren(made().nodes))

  function follow(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    const href = link?.getAttribute('href')
    if (!href?.startsWith('#')) return
    // A plain # would be read as a place of the studio, whatever it says.
    event.preventDefault()
    const found = PLACES.find((name) => href === `#${name}`)
    if (found) route.go(found)
  }

  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: the links in it are what is pressed */}
      <div ref={place} class="lesson-text" lang={props.language} dir="auto" onClick={follow} />
      <Show when={made().leftOut}>
        <p class="hint">{t('lesson.leftOut')}</p>
      </Show>
    </>
  )
}
