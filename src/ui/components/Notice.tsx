import { type JSX, Show } from 'solid-js'
import type { Failure } from '../../protocol/errors.ts'
import { said } from '../messages/said.ts'
import { t } from '../messages/t.ts'
import { IconButton } from './Button.tsx'
import { Icon } from './Icon.tsx'

export type Tone = 'error' | 'warning' | 'info' | 'success'

export interface NoticeProps {
  tone: Tone
  title: string
  children?: JSX.Element
  actions?: JSX.Element
  onDismiss?: () => void
}

const ICONS = { error: 'error', warning: 'warning', info: 'info', success: 'check' } as const

/** Something to know, where it arose. Told apart by icon and words, not by colour alone. */
export function Notice(props: NoticeProps) {
  return (
    <div class={`notice ${props.tone}`} role={props.tone === 'error' ? 'alert' : 'status'}>
      <Icon name={ICONS[props.tone]} />
      <div class="notice-body">
        <p class="notice-title">
          <Show when={props.tone === 'error' || props.tone === 'warning'}>
            <span class="visually-hidden">{t(`notice.${props.tone as 'error' | 'warning'}`)} </span>
          </Show>
          {props.title}
        </p>
        {props.children}
        <Show when={props.actions}>
          <div class="row notice-actions">{props.actions}</div>
        </Show>
      </div>
      <Show when={props.onDismiss}>
        {(dismiss) => <IconButton icon="close" label={t('action.dismiss')} onClick={() => dismiss()()} />}
      </Show>
    </div>
  )
}

/** A Failure as a notice: what is wrong, where, and what to do. */
export function FailureNotice(props: { failure: Failure; onDismiss?: () => void; actions?: JSX.Element }) {
  const where = () =>
    Object.entries(props.failure.detail ?? {}).filter(
      ([key, value]) => key !== 'stack' && value !== null && value !== '',
    )
  return (
    <Notice
      tone="error"
      title={said(props.failure.message)}
      {...(props.onDismiss ? { onDismiss: props.onDismiss } : {})}
      actions={props.actions}
    >
      <p>{said(props.failure.hint)}</p>
      <Show when={where().length > 0}>
        <p class="small quiet mono">
          {where()
            .map(([key, value]) => `${key}: ${value}`)
            .join(' · ')}
        </p>
      </Show>
      <Show when={props.failure.detail?.stack}>
        {(stack) => (
          <details>
            <summary>{t('notice.details')}</summary>
            <pre class="stack-trace">{String(stack())}</pre>
          </details>
        )}
      </Show>
    </Notice>
  )
}
