import { createSignal, For, Show } from 'solid-js'
import { type ModelAddress, modelAddressText } from '../../../protocol/model-address.ts'
import type { Unfinished } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { ConfirmDelete } from '../../components/ConfirmDelete.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Section } from '../../components/Page.tsx'
import { Progress } from '../../components/Progress.tsx'
import { formatBytes, formatDuration } from '../../messages/format.ts'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import type { Downloading } from '../../state/model-downloads.ts'

/** The download that goes on, and those that wait to be gone on with. */
export function Downloads() {
  const { downloads } = useApp().shelf
  const [discarding, setDiscarding] = createSignal<Unfinished | null>(null)
  const any = () => downloads.now() || downloads.failed() || downloads.unfinished().length > 0
  return (
    <Show when={any()}>
      <Section title={t('down.title')}>
        <Show when={downloads.failed()}>
          {(failed) => <FailureNotice failure={failed().failure} onDismiss={downloads.dismiss} />}
        </Show>
        <Show when={downloads.now()}>{(now) => <GoingOn now={now()} />}</Show>
        <For each={downloads.unfinished()}>
          {(one) => (
            <Show when={!one.going} fallback={<Elsewhere name={one.name} />}>
              <Paused of={one} onDiscard={() => setDiscarding(one)} />
            </Show>
          )}
        </For>
      </Section>
      <ConfirmDelete
        title={t('down.discardTitle')}
        what={discarding()}
        text={({ name, done }) => t('down.discardText', { name, done: formatBytes(done) })}
        onDelete={(one) => void downloads.discard(one)}
        onClose={() => setDiscarding(null)}
      />
    </Show>
  )
}

function Elsewhere(props: { name: string }) {
  return (
    <Notice tone="info" title={t('down.elsewhere', { name: props.name })}>
      <p>{t('down.elsewhereNote')}</p>
    </Notice>
  )
}

function Paused(props: { of: Unfinished; onDiscard: () => void }) {
  const { downloads } = useApp().shelf
  return (
    <Notice
      tone="info"
      title={t('down.paused', {
        name: props.of.name,
        done: formatBytes(props.of.done),
        total: formatBytes(props.of.total),
      })}
      actions={
        <>
          <Button
            icon="export"
            disabled={downloads.now() !== null}
            onClick={() => void downloads.start(props.of.address, props.of.name)}
          >
            {t('down.resume')}
          </Button>
          <Button icon="trash" onClick={() => props.onDiscard()}>
            {t('down.discard')}
          </Button>
        </>
      }
    >
      <p>{t('down.pausedNote')}</p>
      <p class="small quiet">{sourceOf(props.of.address)}</p>
    </Notice>
  )
}

const sourceOf = (address: ModelAddress) => modelAddressText(address)

function GoingOn(props: { now: Downloading }) {
  const { downloads } = useApp().shelf
  const told = () => {
    const { done, total, rate, left } = props.now
    if (total === null) return undefined
    const bytes = t('down.bytes', { done: formatBytes(done), total: formatBytes(total) })
    if (!Number.isFinite(rate)) return bytes
    const paced = t('down.rate', { bytes, rate: formatBytes(Math.round(rate)) })
    return Number.isFinite(left) ? t('down.left', { said: paced, time: formatDuration(left) }) : paced
  }
  return (
    <div class="stack-s">
      <Progress
        label={t('down.now', { name: props.now.name })}
        share={props.now.share}
        {...(told() ? { value: told()! } : {})}
      />
      <p class="small quiet">{said(props.now.note)}</p>
      <div class="row">
        <Button icon="stop" disabled={props.now.pausing} onClick={downloads.pause}>
          {t(props.now.pausing ? 'down.pausing' : 'down.pause')}
        </Button>
      </div>
    </div>
  )
}
