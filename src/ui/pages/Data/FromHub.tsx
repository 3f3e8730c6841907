import { For, onMount, Show } from 'solid-js'
import type { HubDataset } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Dialog, type DialogState } from '../../components/Dialog.tsx'
import { TextField } from '../../components/Field.tsx'
import { ListField } from '../../components/ListField.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { formatBytes, formatLarge } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { hubSize, isHubName } from '../../state/data-hub.ts'

/** Data sets of the Hugging Face Hub: searched for, looked at, and one part of one opened. */
export function HubDialog(props: DialogState) {
  const { data } = useApp()
  return (
    <Dialog
      title={t('hub.title')}
      open={props.open}
      onOpenChange={(now) => {
        if (!now) data.hub.stop()
        props.onOpenChange(now)
      }}
    >
      <div class="stack">
        <Show when={data.hub.dataset()} fallback={<Search />}>
          {(id) => <Part id={id()} onOpen={() => props.onOpenChange(false)} />}
        </Show>
      </div>
    </Dialog>
  )
}

function Search() {
  const { data } = useApp()
  const { hub } = data
  let form: HTMLFormElement | undefined
  onMount(() => form?.querySelector('input')?.focus())
  return (
    <>
      <form
        ref={form}
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          void hub.search()
        }}
      >
        <p class="quiet">{t('hub.lede')}</p>
        <TextField label={t('hub.query')} value={hub.query()} onChange={hub.setQuery} />
        <Token />
        <div class="row">
          <Button type="submit" kind="primary" disabled={hub.query().trim() === ''}>
            {t('hub.search')}
          </Button>
          <Show when={isHubName(hub.query())}>
            <Button onClick={() => void hub.choose(hub.query().trim())}>
              {t('hub.named', { name: hub.query().trim() })}
            </Button>
          </Show>
        </div>
      </form>
      <Asking />
      <Show when={hub.results()}>
        {(found) => (
          <Show when={found().length > 0} fallback={<p role="status">{t('hub.none')}</p>}>
            <section class="stack-s" aria-label={t('hub.results')}>
              <h3>{t('hub.results')}</h3>
              <div class="choices">
                <For each={found()}>
                  {(one) => (
                    <button type="button" class="choice" onClick={() => void hub.choose(one.id)}>
                      <div>
                        <h4>{one.id}</h4>
                        <Show when={one.summary}>
                          <p class="clamp">{one.summary}</p>
                        </Show>
                        <p class="small quiet">{facts(one)}</p>
                      </div>
                    </button>
                  )}
                </For>
              </div>
            </section>
          </Show>
        )}
      </Show>
    </>
  )
}

function Token() {
  const { data } = useApp()
  return (
    <TextField
      label={t('hub.token')}
      hint={t('hub.tokenHint')}
      secret
      value={data.hub.token()}
      onChange={data.hub.setToken}
    />
  )
}

/** That something is asked, or what went wrong. */
function Asking() {
  const { hub } = useApp().data
  return (
    <>
      <Show when={hub.busy()}>
        <Progress label={t('hub.searching')} share={null} />
      </Show>
      <Show when={hub.failure()}>{(failure) => <FailureNotice failure={failure()} />}</Show>
    </>
  )
}

function facts(one: HubDataset): string {
  const size = one.size === null ? null : hubSize(one.size)
  const rows = () => {
    if (size === null) return t('hub.rowsUnknown')
    if (size.from === 0) return t('hub.rowsBelow', { to: formatLarge(size.to) })
    if (size.to === Number.POSITIVE_INFINITY) return t('hub.rowsAbove', { from: formatLarge(size.from) })
    return t('hub.rows', { from: formatLarge(size.from), to: formatLarge(size.to) })
  }
  return [
    rows(),
    one.license ? t('hub.license', { name: one.license }) : t('hub.licenseNone'),
    t('hub.downloads', { count: one.downloads }),
    ...(one.gated ? [t('hub.gated')] : []),
    ...(one.private ? [t('hub.private')] : []),
  ].join(' · ')
}

/** Which part of a data set, how much there is to download, and the button that does it. */
function Part(props: { id: string; onOpen: () => void }) {
  const { data } = useApp()
  const { hub } = data
  let heading: HTMLHeadingElement | undefined
  // What was pressed is gone: without this the focus would leave the dialog.
  onMount(() => heading?.focus())
  const needsToken = () => hub.failure() !== null || hub.found()?.gated || hub.found()?.private
  return (
    <>
      <h3 tabindex="-1" ref={heading}>
        {props.id}
      </h3>
      <Show when={hub.found()}>{(one) => <p class="small quiet">{facts(one())}</p>}</Show>
      <a href={`https://huggingface.co/datasets/${props.id}`} target="_blank" rel="noreferrer" class="start">
        {t('hub.page')}
      </a>
      <Asking />
      <Show when={needsToken()}>
        <Token />
        <Button class="start" onClick={() => void hub.choose(props.id)}>
          {t('hub.again')}
        </Button>
      </Show>
      <Show when={hub.configs()}>
        {(found) => (
          <>
            <Show when={found().configs.length > 1}>
              <ListField
                label={t('hub.config')}
                value={hub.config()}
                onChange={hub.pickConfig}
                options={found().configs.map(({ name }) => ({ value: name, label: name }))}
              />
            </Show>
            <ListField
              label={t('hub.split')}
              value={hub.split()?.name ?? ''}
              onChange={hub.pickSplit}
              options={hub.splits().map(({ name, bytes, files }) => ({
                value: name,
                label: t('hub.splitOf', {
                  name,
                  size: files === 0 ? t('hub.noFiles') : formatBytes(bytes),
                }),
              }))}
            />
            <Show when={found().partial}>
              <Notice tone="info" title={t('hub.partial')} />
            </Show>
            <Show when={hub.split()}>
              {(split) => (
                <Show when={split().files > 0} fallback={<p>{t('hub.noFilesNote')}</p>}>
                  <p>{t('hub.size', { bytes: formatBytes(split().bytes), count: split().files })}</p>
                  <Button
                    kind="primary"
                    class="start"
                    onClick={() => {
                      props.onOpen()
                      void data.openHub(hub.choice(), hub.access())
                    }}
                  >
                    {t('hub.open', { bytes: formatBytes(split().bytes) })}
                  </Button>
                </Show>
              )}
            </Show>
          </>
        )}
      </Show>
      <Button class="start" onClick={hub.back}>
        {t('hub.back')}
      </Button>
    </>
  )
}
