import { createSignal, For, onCleanup, Show } from 'solid-js'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import type { Progress as Done, ExportedFile, PushRequest } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { TextField } from '../../components/Field.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { formatBytes } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { TokenField } from '../Model/HubAccount.tsx'
import { sizeOf } from './FileList.tsx'

/**
 * An export pushed to the Hub: a button, and a dialog that says what is sent, where to, and who may see it.
 * @param take makes the files as they are sent; rejects where that was stopped
 * @param title what the commit says
 */
export function Push(props: { take: () => Promise<ExportedFile[]>; title: string; disabled: boolean }) {
  const { studio, shelf } = useApp()
  const { lookup } = shelf
  /** What the dialog is about, whatever is chosen or trained meanwhile. */
  const [sent, setSent] = createSignal<{ files: ExportedFile[]; title: string }>({ files: [], title: '' })
  const [taking, setTaking] = createSignal(false)
  const [open, setOpen] = createSignal(false)
  const [repo, setRepo] = createSignal('')
  const [visibility, setVisibility] = createSignal<PushRequest['visibility']>('private')
  const [going, setGoing] = createSignal<AbortController | null>(null)
  const [progress, setProgress] = createSignal<Done | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [pushed, setPushed] = createSignal<string | null>(null)
  onCleanup(() => going()?.abort())
  const place = () => `${lookup.endpoint()}/${repo().trim()}`

  async function begin(): Promise<void> {
    const { title } = props
    setFailure(null)
    setPushed(null)
    setTaking(true)
    try {
      setSent({ files: await props.take(), title })
    } catch (error) {
      setSent({ files: [], title })
      setFailure(toFailure(error))
    } finally {
      setTaking(false)
    }
    setOpen(true)
  }

  async function push(): Promise<void> {
    const stop = new AbortController()
    setGoing(stop)
    setFailure(null)
    setPushed(null)
    setProgress(null)
    try {
      const request = {
        repo: repo().trim(),
        visibility: visibility(),
        title: sent().title,
        endpoint: lookup.endpoint(),
      }
      const call = { signal: stop.signal, onProgress: setProgress }
      setPushed((await studio.models.push(sent().files, request, call)).url)
    } catch (error) {
      const problem = toFailure(error)
      if (problem.code !== 'cancelled') setFailure(problem)
    } finally {
      setGoing(null)
    }
  }

  return (
    <>
      <Button class="start" disabled={props.disabled || taking()} onClick={() => void begin()}>
        {t('push.open')}
      </Button>
      <Dialog title={t('push.title')} open={open()} onOpenChange={(now) => (now || !going()) && setOpen(now)}>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault()
            if (repo().trim() !== '' && !going()) void push()
          }}
        >
          <p class="small quiet">{t('push.lede')}</p>
          <TextField label={t('push.repo')} hint={t('push.repoHint')} value={repo()} onChange={setRepo} />
          <Segmented
            label={t('push.visibility')}
            options={[
              { value: 'private', label: t('push.private') },
              { value: 'public', label: t('push.public') },
            ]}
            value={visibility()}
            onChange={setVisibility}
            disabled={going() !== null}
          />
          <div>
            <p>
              {t('push.sends', {
                count: sent().files.length,
                size: formatBytes(sizeOf(sent().files)),
                place: place(),
              })}
            </p>
            <ul class="small">
              <For each={sent().files}>
                {(file) => <li>{t('push.file', { name: file.path, size: formatBytes(file.size) })}</li>}
              </For>
            </ul>
            <p class="hint">{t('push.recite')}</p>
          </div>
          <Show when={failure()}>{(problem) => <FailureNotice failure={problem()} />}</Show>
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
              <Button
                kind="primary"
                type="submit"
                class="start"
                disabled={
                  repo().trim() === '' ||
                  sent().files.length === 0 ||
                  !lookup.access()?.signedIn ||
                  pushed() !== null
                }
              >
                {t('push.go')}
              </Button>
            }
          >
            {(stop) => (
              <>
                <Progress label={progress()?.note ?? t('push.going')} share={progress()?.share ?? null} />
                <Button class="start" onClick={() => stop().abort()}>
                  {t('push.stop')}
                </Button>
              </>
            )}
          </Show>
        </form>
        {/* A form of its own. */}
        <Show when={!pushed()}>
          <p class="small quiet">{t('push.token', { host: new URL(lookup.endpoint()).host })}</p>
          <TokenField />
        </Show>
      </Dialog>
    </>
  )
}
