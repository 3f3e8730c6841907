import { createEffect, createMemo, createSignal, on, Show } from 'solid-js'
import { oneFile } from '../../../protocol/one-file.ts'
import { readLesson } from '../../../runs/lesson.ts'
import { Button, IconButton } from '../../components/Button.tsx'
import '../../messages/lesson.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { LessonText } from './LessonText.tsx'
import '../../styles/lesson.css'

/** The lesson of a class pack, step by step, beside the studio; where there is no room beside it, above and to be folded. */
export function LessonPanel() {
  const { packs, route } = useApp()
  const [folded, setFolded] = createSignal(false)
  let heading!: HTMLHeadingElement
  const lesson = () => packs.lesson()!
  const steps = createMemo(() => readLesson(lesson().text).steps)
  const at = () => Math.min(lesson().step, steps().length - 1)
  const step = () => steps()[at()]

  function go(next: number): void {
    packs.change({ step: next })
    setFolded(false)
    const place = step()?.place
    if (place) route.go(place)
  }
  // Read from its beginning, where the step before was left at its end.
  createEffect(on(at, () => heading.focus(), { defer: true }))

  return (
    <aside
      class="lesson"
      classList={{ folded: folded() }}
      aria-label={t('lesson.label', { title: lesson().title })}
    >
      <header class="lesson-head">
        <div>
          <p class="small quiet">{lesson().title}</p>
          <h2 ref={heading} tabindex="-1">
            {step()?.title || lesson().title}
          </h2>
        </div>
        <IconButton
          class="lesson-fold"
          icon={folded() ? 'down' : 'up'}
          label={t(folded() ? 'lesson.unfold' : 'lesson.fold')}
          aria-expanded={!folded()}
          onClick={() => setFolded(!folded())}
        />
        <IconButton
          icon="close"
          label={t('lesson.close')}
          onClick={() => packs.change({ state: 'closed' })}
        />
      </header>
      <div class="lesson-body stack">
        <Show when={step()} fallback={<p>{t('pack.noLesson')}</p>}>
          {(step) => <LessonText markdown={step().text} language={lesson().language} />}
        </Show>
        <Show when={oneFile() !== null || !isSecureContext}>
          <p class="hint">{t(oneFile() ? 'lesson.file' : 'lesson.plain')}</p>
        </Show>
      </div>
      <Show when={steps().length > 0}>
        <footer class="lesson-foot row-between">
          <Button icon="left" disabled={at() === 0} onClick={() => go(at() - 1)}>
            {t('lesson.back')}
          </Button>
          <span class="small quiet">{t('lesson.step', { step: at() + 1, count: steps().length })}</span>
          <Show
            when={at() < steps().length - 1}
            fallback={
              <Button kind="primary" icon="export" onClick={() => packs.setDialog('hand')}>
                {t('hand.open')}
              </Button>
            }
          >
            <Button kind="primary" onClick={() => go(at() + 1)}>
              {t('lesson.next')}
            </Button>
          </Show>
        </footer>
      </Show>
    </aside>
  )
}
