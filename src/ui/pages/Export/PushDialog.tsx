import { createSignal, For, onCleanup, Show } from 'solid-js'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import { pathOnHub, type RepositoryKind } from '../../../protocol/rooms/push.ts'
import type { Progress as Done, ExportedFile, PushRequest } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { TextField } from '../../components/Field.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { formatBytes } from '../../messages/format.ts'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { TokenField } from '../Model/HubAccount.tsx'
import { sizeOf } from './FileList.tsx'

export interface PushDialogProps {
  /** What is sent, whatever is chosen or trained meanwhile. */
  files: ExportedFile[]
  /** What the commit says. */
  title: string
  kind: RepositoryKind
  /** Questions of one's own that its card shows. */
  shown: readonly string[] | null
  onClose: () => void
}

/** Says what is sent, where to, and who may see it; stays until a push is over or stopped. */
export function PushDialog(props: PushDialogProps) {
  const { studio, shelf } = useApp()
  const { lookup } = shelf
  const [repo, setRepo] = createSignal('')
  const [visibility, setVisibility] = createSignal<PushRequest['visibility']>('private')
  const [going, setGoing] = createSignal<AbortController | null>(null)
  const [progress, setProgress] = createSignal<Done | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [pushed, setPushed] = createSignal<string | null>(null)
  /** Where one was stopped on its way. */
  const [stopped, setStopped] = createSignal<string | null>(null)
  onCleanup(() => going()?.abort())
  const ready = () => repo().trim() !== '' && lookup.access()?.signedIn === true && !going() && !pushed()
  const place = () => `${lookup.endpoint()}/${pathOnHub(repo().trim(), props.kind)}`

  async function push(): Promise<void> {
    const stop = new AbortController()
    setGoing(stop)
    setFailure(null)
    setPushed(null)
    setStopped(null)
    setProgress(null)
    const to = place()
    try {
      const request = {
        repo: repo().trim(),
        visibility: visibility(),
        title: props.title,
        kind: props.kind,
        endpoint: lookup.endpoint(),
      }
      const call = { signal: stop.signal, onProgress: setProgress }
      setPushed((await studio.models.push(props.files, request, call)).url)
    } catch (error) {
      const problem = toFailure(error)
      if (problem.code === 'cancelled') setStopped(to)
      else setFailure(problem)
    } finally {
      setGoing(null)
    }
  }

  return (
    <Dialog title={t('push.title')} open onOpenChange={(open) => !open && !going() && props.onClose()}>
      <div class="stack">
        <p class="small quiet">{t('push.lede')}</p>
        <Show when={!pushed() && !going()}>
          <p>{t('push.token', { host: new URL(lookup.endpoint()).host })}</p>
          <TokenField />
        </Show>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault()
            if (ready()) void push()
          }}
        >
          <Show when={!pushed() && !going()}>
            <TextField label={t('push.repo')} hint={t('push.repoHint')} value={repo()} onChange={setRepo} />
            <Segmented
              label={t('push.visibility')}
              options={[
                { value: 'private', label: t('push.private') },
                { value: 'public', label: t('push.public') },
              ]}
              value={visibility()}
              onChange={setVisibility}
            />
          </Show>
          <div>
            <p>
              {t('push.sends', {
                count: props.files.length,
                size: formatBytes(sizeOf(props.files)),
                place: place(),
              })}
            </p>
            <ul class="small">
              <For each={props.files}>
                {(file) => <li>{t('push.file', { name: file.path, size: formatBytes(file.size) })}</li>}
              </For>
            </ul>
            <Show when={props.shown}>
              {(shown) => (
                <>
                  <p>{shown().length === 0 ? t('shown.none') : t('shown.some', { count: shown().length })}</p>
                  <ul class="small">
                    <For each={shown()}>{(prompt) => <li>{prompt}</li>}</For>
                  </ul>
                </>
              )}
            </Show>
            <p>{t('push.commit', { title: props.title })}</p>
            <p class="hint">{t('push.recite')}</p>
          </div>
          <Show when={failure()}>{(problem) => <FailureNotice failure={problem()} />}</Show>
          <Show when={stopped()}>
            {(place) => <p role="status">{t('push.stopped', { place: place() })}</p>}
          </Show>
          <Show when={pushed()}>
            {(url) => (
              <p role="status">
                {t('push.done')}
                <a href={url()} target="_blank" rel="noreferrer">
                  {url()}
                </a>
              </p>
            )}
          </Show>
          <Show
            when={going()}
            fallback={
              <Button kind="primary" type="submit" class="start" disabled={!ready()}>
                {t('push.go')}
              </Button>
            }
          >
            {(stop) => (
              <>
                <Progress
                  label={said(progress()?.note ?? '') || t('push.going')}
                  share={progress()?.share ?? null}
                />
                <Button class="start" onClick={() => stop().abort()}>
                  {t('push.stop')}
                </Button>
              </>
            )}
          </Show>
        </form>
      </div>
    </Dialog>
  )
}
