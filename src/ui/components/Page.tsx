import { createUniqueId, type JSX, type ParentProps, Show } from 'solid-js'
import { t } from '../messages/t.ts'
import { hrefOf, type Place } from '../state/route.ts'
import { LinkButton } from './Button.tsx'

/** Heading of a place, with its main action at the end of the line. */
export function PageHead(props: { title: string; lede?: JSX.Element; action?: JSX.Element }) {
  return (
    <div class="page-head">
      <div class="row-between">
        <h1 tabindex="-1">{props.title}</h1>
        <div class="row">{props.action}</div>
      </div>
      <Show when={props.lede}>
        <p>{props.lede}</p>
      </Show>
    </div>
  )
}

/** What had the focus may go with what it belonged to: reading goes on at the heading of what has come then, and not at the top of all. */
export function headingForLostFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body)
      document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
  })
}

/** A part of a page under its own heading. */
export function Section(
  props: ParentProps<{ title: string; lede?: string; aside?: JSX.Element; hideTitle?: boolean }>,
) {
  const id = createUniqueId()
  return (
    <section class="section" aria-labelledby={id}>
      <div class="row-between" classList={{ 'visually-hidden': props.hideTitle ?? false }}>
        <h2 id={id}>{props.title}</h2>
        {props.aside}
      </div>
      <Show when={props.lede}>
        <p class="quiet">{props.lede}</p>
      </Show>
      {props.children}
    </section>
  )
}

/** The way on, at the foot of each place. */
export function Next(props: { to: Place; ready: boolean; children?: JSX.Element }) {
  return (
    <div class="next">
      {props.children}
      <LinkButton href={hrefOf(props.to)} kind={props.ready ? 'primary' : 'plain'} iconEnd="right">
        {t('next', { place: t(`place.${props.to}`) })}
      </LinkButton>
    </div>
  )
}
