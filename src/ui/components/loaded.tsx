import { type Component, createSignal, lazy } from 'solid-js'
import { addEnglish, isEnglish, t } from '../messages/t.ts'
import { reloadSettled } from '../state/reloading.ts'
import { Button } from './Button.tsx'
import { FailureNotice } from './Notice.tsx'

const all: (() => void)[] = []

/** Its words are there before it is. */
const texts = async () => {
  if (isEnglish()) addEnglish((await import('../messages/en-later.ts')).later)
}

/**
 * A part of the page that is fetched when it is first drawn, or at the first press anywhere: what a visit does not need to begin with.
 * Where it cannot be fetched, that is said in its place.
 * @param load imports its module, and gives what it exports
 */
export function loadedLater<Props extends object>(load: () => Promise<Component<Props>>) {
  const part = loadedWhenDrawn(load)
  all.push(() => void part.preload())
  return part
}

/** The same, of what few visits need: it is fetched when it is first drawn, and not before. */
export function loadedWhenDrawn<Props extends object>(load: () => Promise<Component<Props>>) {
  return lazy<Component<Props>>(() =>
    Promise.all([load(), texts()]).then(
      ([component]) => ({ default: component }),
      () => ({ default: NotLoaded }),
    ),
  )
}

/** By then somebody uses the page: whatever is pressed next is to be there at once. */
function loadAll(): void {
  for (const load of all.splice(0)) load()
}
for (const name of ['pointerdown', 'keydown', 'drop']) window.addEventListener(name, loadAll, { once: true })

/**
 * A browser does not fetch a module a second time in the same page, and a host may have another version by now: the page is loaded anew, a run
 * that goes on first stopped after its step, and stored.
 */
function NotLoaded() {
  const [asked, setAsked] = createSignal(false)
  const reload = () => {
    setAsked(true)
    void reloadSettled()
  }
  const failure = {
    code: 'network',
    message: t('app.notLoaded'),
    hint: t('app.notLoadedHint'),
  } as const
  return (
    <FailureNotice
      failure={failure}
      actions={
        <Button disabled={asked()} onClick={reload}>
          {t('action.reload')}
        </Button>
      }
    />
  )
}
