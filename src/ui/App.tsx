import {
  type Component,
  createEffect,
  createMemo,
  createSignal,
  For,
  on,
  onCleanup,
  onMount,
  Show,
  Suspense,
} from 'solid-js'
import { Dynamic } from 'solid-js/web'
import type { Lock } from '../protocol/embed.ts'
import { isSealed } from '../protocol/sealed.ts'
import { CLOSED_FAILURES, type Closed, STORAGE_CLOSED } from '../protocol/storage-closed.ts'
import type { Studio } from '../protocol/studio.ts'
import type { LinkReading } from '../runs/link.ts'
import { AppMenu } from './AppMenu.tsx'
import { Button } from './components/Button.tsx'
import { droppedFiles, pathOf } from './components/dropped.ts'
import { Gem, Icon } from './components/Icon.tsx'
import { loadedLater, loadedWhenDrawn } from './components/loaded.tsx'
import { ChoiceMenu } from './components/Menu.tsx'
import { FailureNotice, Notice } from './components/Notice.tsx'
import { headingForLostFocus } from './components/Page.tsx'
import { formatLoss, formatShare, nameOfLanguage } from './messages/format.ts'
import { t } from './messages/t.ts'
import { DataPage } from './pages/Data/DataPage.tsx'
import { FullStudio } from './pages/FullStudio.tsx'
import { LinkNotes } from './pages/LinkNotes.tsx'
import { LockedPart } from './pages/LockedPart.tsx'
import { AppProvider, useApp } from './state/app.tsx'
import { preferredLanguage, speak } from './state/language.ts'
import { keptOf, linkHere } from './state/link.ts'
import { lessonAddress, packAmong } from './state/packs.ts'
import { hrefOf, type Place, placeOf, restrictRoute } from './state/route.ts'
import { sealedElsewhere } from './state/sealed.ts'
import { createShown } from './state/shown.ts'
import { THEMES } from './state/theme.ts'

export { onLeaving } from './state/leaving.ts'

const SealedMark = loadedLater(() => import('./pages/Computer.tsx').then((part) => part.SealedMark))
const SealedElsewhere = loadedLater(() => import('./pages/Computer.tsx').then((part) => part.SealedElsewhere))

/** What takes the studio's place where a computer is left. */
export const Left = loadedLater(() => import('./pages/Computer.tsx').then((part) => part.Left))

const RunsDrawer = loadedLater(() => import('./pages/RunsDrawer.tsx').then((part) => part.RunsDrawer))

/** Only frames need it. */
const Embedded = loadedWhenDrawn(() => import('./pages/Embedded.tsx').then((part) => part.default))
/** Only with a lesson, or where one is opened or made. */
const LessonPanel = loadedWhenDrawn(() =>
  import('./pages/Lesson/LessonPanel.tsx').then((part) => part.LessonPanel),
)
const PackNotes = loadedWhenDrawn(() => import('./pages/Lesson/PackNotes.tsx').then((part) => part.PackNotes))

type Page = Component & { preload?: () => Promise<unknown> }

const PAGES: Record<Place, Page> = {
  data: DataPage,
  model: loadedLater(() => import('./pages/Model/ModelPage.tsx').then((part) => part.ModelPage)),
  train: loadedLater(() => import('./pages/Train/TrainPage.tsx').then((part) => part.TrainPage)),
  evaluate: loadedLater(() => import('./pages/Evaluate/EvaluatePage.tsx').then((part) => part.EvaluatePage)),
  export: loadedLater(() => import('./pages/Export/ExportPage.tsx').then((part) => part.ExportPage)),
}

/** Reads what the address says, once, before anything is drawn, and speaks its language. Null: no more than a place. */
export async function settleAddress(): Promise<LinkReading | null> {
  const address = lessonAddress(location.hash)
  if (address !== location.hash) history.replaceState(history.state, '', address)
  const first = await linkHere()
  await speak(preferredLanguage(first?.link.lang ?? null, !first?.link.embed))
  if (!first) return null
  const { link } = first
  restrictRoute(createShown(link).places, await keptOf(first))
  // What the link says is taken over; a reload must not undo what is changed since.
  history.replaceState(null, '', hrefOf(placeOf(hrefOf(link.place))))
  document.documentElement.toggleAttribute('data-embedded', link.embed !== null)
  return first
}

/** What of a place can be locked as a whole; of the Train page it is the settings alone. */
const PLACE_LOCKS: Partial<Record<Place, Lock>> = { data: 'data', model: 'model' }

export function App(props: { studio: Studio; first: LinkReading | null }) {
  return (
    <AppProvider studio={props.studio} first={props.first}>
      <Spoken />
    </AppProvider>
  )
}

/** In another language every text is said anew; what the page knows stays. */
function Spoken() {
  const { language } = useApp()
  createEffect(on(language.now, headingForLostFocus, { defer: true }))
  return (
    <Show when={language.now()} keyed>
      <Shell />
    </Show>
  )
}

function Shell() {
  const { route, said, shown, training, finished, packs, runsOpen } = useApp()
  const elsewhere = sealedElsewhere()
  /** The drawer is made when it is first looked into, and stays. */
  const looked = createMemo<boolean>((before) => before || runsOpen(), false)
  let main!: HTMLElement

  // Reading starts at the new heading: focus goes there, and the title says where one is.
  createEffect(
    on(
      route.place,
      async (place) => {
        window.scrollTo(0, 0)
        // A page that was never seen may be on its way.
        await PAGES[place].preload?.()
        if (route.place() === place) main.querySelector('h1')?.focus({ preventScroll: true })
      },
      { defer: true },
    ),
  )
  createEffect(() => {
    const step = training.busy() ? training.latest() : null
    document.title = step
      ? t('app.titleTraining', {
          share: formatShare(step.step / step.max_steps),
          loss: formatLoss(step.loss),
        })
      : (finished.unseen() ?? t('app.titlePlace', { place: t(`place.${route.place()}`) }))
  })
  acceptDropsAnywhere()

  return (
    <div class="app" classList={{ 'has-lesson': packs.shown() }}>
      <Show when={!shown.embedded || shown.places.length > 1 || shown.shows('runs')}>
        <Bar toContent={() => main.focus()} />
      </Show>
      <Show when={!shown.embedded}>
        <Interrupted />
      </Show>
      <StorageClosed />
      <LanguageMissing />
      <Show when={elsewhere()}>
        <SealedElsewhere />
      </Show>
      <LinkNotes />
      <Suspense>
        <Show when={packs.opening() || packs.failure() || packs.dialog()}>
          <PackNotes />
        </Show>
        <Show when={packs.shown()}>
          <LessonPanel />
        </Show>
      </Suspense>
      <Show when={shown.embedded}>
        <Suspense>
          <Embedded />
        </Suspense>
      </Show>
      <main ref={main} class="page" tabindex="-1">
        <LockedPart lock={PLACE_LOCKS[route.place()]}>
          <Dynamic component={PAGES[route.place()]} />
        </LockedPart>
      </main>
      <Show when={shown.shows('runs') && looked()}>
        <RunsDrawer />
      </Show>
      <div class="visually-hidden" aria-live="polite">
        {said()}
      </div>
    </div>
  )
}

/** What the browser or another tab did to what is stored. */
function StorageClosed() {
  const { data, models, runs, shown } = useApp()
  const [closed, setClosed] = createSignal<Closed | null>(null)
  const look = () => {
    void data.loadLists()
    void models.refresh()
    void runs.refresh()
  }
  const hear = (event: Event) => {
    const why = (event as CustomEvent<Closed>).detail
    setClosed(why)
    // Whoever looks where nothing can be opened is told the same again.
    if (why !== 'blocked') look()
  }
  const again = () => {
    setClosed(null)
    look()
  }
  onMount(() => window.addEventListener(STORAGE_CLOSED, hear))
  onCleanup(() => window.removeEventListener(STORAGE_CLOSED, hear))
  return (
    <Show when={closed()}>
      {(why) => (
        <div class="banner">
          <FailureNotice
            failure={CLOSED_FAILURES[why()]}
            onDismiss={() => setClosed(null)}
            actions={
              <Show when={why() === 'blocked'}>
                <Button onClick={again}>{t('action.retry')}</Button>
                <Show when={shown.embedded}>
                  <FullStudio />
                </Show>
              </Show>
            }
          />
        </div>
      )}
    </Show>
  )
}

/** A language that was asked for and could not be fetched; a reload asks for it once more. */
function LanguageMissing() {
  const { language } = useApp()
  return (
    <Show when={language.missing()}>
      {(tag) => (
        <div class="banner">
          <Notice
            tone="warning"
            title={t('app.languageMissing', { name: nameOfLanguage(tag()) })}
            onDismiss={language.dismiss}
            actions={<Button onClick={() => location.reload()}>{t('action.reload')}</Button>}
          >
            <p>{t('app.notLoadedHint')}</p>
          </Notice>
        </div>
      )}
    </Show>
  )
}

function Bar(props: { toContent: () => void }) {
  const { route, theme, runs, openRuns, shown, training } = useApp()
  return (
    <header class="bar">
      {/* A script moves the focus: a plain #content would be read as a place. */}
      <a
        class="skip"
        href={hrefOf(route.place())}
        onClick={(event) => {
          event.preventDefault()
          props.toContent()
        }}
      >
        {t('app.skip')}
      </a>
      <div class="bar-inner">
        <Show when={!shown.embedded} fallback={<span />}>
          <a class="brand" href={hrefOf('data')} aria-label={t('app.name')}>
            <Gem />
            <span class="brand-name">{t('app.name')}</span>
          </a>
        </Show>
        <nav class="places" aria-label={t('app.places')}>
          <ul>
            <For each={shown.places}>
              {(place) => (
                <li>
                  <a
                    class="place"
                    href={hrefOf(place)}
                    aria-current={route.place() === place ? 'page' : undefined}
                  >
                    <Icon name={place} />
                    <span data-label={t(`place.${place}`)}>{t(`place.${place}`)}</span>
                    <Show when={place === 'train' && training.busy()}>
                      <i class="beat" role="img" aria-label={t('app.working')} />
                    </Show>
                  </a>
                </li>
              )}
            </For>
          </ul>
        </nav>
        <div class="bar-end">
          <Show when={isSealed()}>
            <SealedMark />
          </Show>
          <Show when={shown.shows('runs')}>
            <Button
              kind="quiet"
              class="runs-button"
              icon="runs"
              onClick={() => openRuns(true)}
              aria-label={t('runs.open', { count: runs.list().length })}
            >
              <span aria-hidden="true">{t('runs.title')}</span>
              <Show when={runs.list().length > 0}>
                <span class="badge" aria-hidden="true">
                  {runs.list().length}
                </span>
              </Show>
            </Button>
          </Show>
          <Show when={!shown.embedded}>
            <AppMenu />
            <ChoiceMenu
              label={t('theme.label', { name: t(`theme.${theme.theme()}`) })}
              trigger={<Icon name={theme.theme()} />}
              value={theme.theme()}
              onChange={theme.setTheme}
              options={THEMES.map((name) => ({ value: name, label: t(`theme.${name}`), icon: name }))}
            />
          </Show>
        </div>
      </div>
    </header>
  )
}

/** A run cut off by a reload, a crash or a closed lid is offered at the top of every page. */
function Interrupted() {
  const { runs, training, tuning, route } = useApp()
  return (
    <Show when={runs.interrupted()}>
      {(run) => (
        <section class="banner" aria-label={t('resume.label')}>
          <Notice
            tone="warning"
            title={t('resume.title', { name: run().name, step: run().step, count: run().maxSteps })}
            actions={
              <>
                <Show
                  when={run().lacks}
                  fallback={
                    <Button
                      icon="play"
                      onClick={() => {
                        route.go('train')
                        const { id, trial } = run()
                        void (trial ? tuning.goOn(trial.queue) : training.resume(id))
                      }}
                    >
                      {t('runs.resume')}
                    </Button>
                  }
                >
                  <Button
                    onClick={() => {
                      route.go('train')
                      tuning.show(false)
                      runs.show(run().id)
                    }}
                  >
                    {t('resume.see')}
                  </Button>
                </Show>
                <Button onClick={() => runs.putOff(run().id)}>{t('resume.later')}</Button>
              </>
            }
          >
            <p>
              <Show when={run().lacks} fallback={t(run().begins ? 'resume.textAtOnce' : 'resume.text')}>
                {(lacks) => t('resume.lacks', { name: lacks().name })}
              </Show>
            </p>
          </Notice>
        </section>
      )}
    </Show>
  )
}

/** Dropped beside the drop areas, a folder with a config.json and a GGUF are models and anything else data; else the browser would leave the page. */
function acceptDropsAnywhere(): void {
  const { data, models, packs, route, shown } = useApp()
  const over = (event: DragEvent) => {
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault()
  }
  const drop = async (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes('Files') || event.defaultPrevented) return
    event.preventDefault()
    const { files, folder } = await droppedFiles(event.dataTransfer)
    if (files.length === 0) return
    const pack = shown.embedded ? undefined : await packAmong(files)
    if (pack) {
      void packs.open(pack)
      return
    }
    if (shown.anyLocked) return
    const isModel = ({ name }: File) => /\.gguf$/i.test(name) || (folder !== null && name === 'config.json')
    if (files.some(isModel)) {
      route.go('model')
      void models.add(files, folder)
      return
    }
    data.close()
    route.go('data')
    void data.openFiles(files.map((file) => ({ file, path: pathOf(file) })))
  }
  onMount(() => {
    window.addEventListener('dragover', over)
    window.addEventListener('drop', drop)
    onCleanup(() => {
      window.removeEventListener('dragover', over)
      window.removeEventListener('drop', drop)
    })
  })
}
