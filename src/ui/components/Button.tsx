import { type ComponentProps, Show, splitProps } from 'solid-js'
import { leadsNowhere } from '../state/route.ts'
import { Icon, type IconName } from './Icon.tsx'
import { tip } from './tip.ts'

type Kind = 'primary' | 'plain' | 'quiet' | 'danger'

export interface ButtonProps extends ComponentProps<'button'> {
  kind?: Kind
  icon?: IconName
  large?: boolean
}

export function Button(props: ButtonProps) {
  const [own, rest] = splitProps(props, ['kind', 'icon', 'large', 'children', 'class'])
  return (
    <button
      type="button"
      {...rest}
      class={`button ${own.kind ?? 'plain'} ${own.class ?? ''}`}
      classList={{ large: own.large ?? false }}
    >
      <Show when={own.icon}>{(name) => <Icon name={name()} size={18} />}</Show>
      {own.children}
    </button>
  )
}

export interface LinkButtonProps extends ComponentProps<'a'> {
  kind?: Kind
  icon?: IconName
  iconEnd?: IconName
}

/** A link that looks like a button: it goes somewhere, it does nothing else. Where the page has no such place there is none. */
export function LinkButton(props: LinkButtonProps) {
  const [own, rest] = splitProps(props, ['kind', 'icon', 'iconEnd', 'children', 'class'])
  return (
    <Show when={!leadsNowhere(rest.href)}>
      <a {...rest} class={`button ${own.kind ?? 'plain'} ${own.class ?? ''}`}>
        <Show when={own.icon}>{(name) => <Icon name={name()} size={18} />}</Show>
        {own.children}
        <Show when={own.iconEnd}>{(name) => <Icon name={name()} size={18} />}</Show>
      </a>
    </Show>
  )
}

export interface IconButtonProps extends ComponentProps<'button'> {
  icon: IconName
  label: string
}

/** A button of one icon; its name shows as a tooltip and is what a screen reader says. */
export function IconButton(props: IconButtonProps) {
  const [own, rest] = splitProps(props, ['icon', 'label', 'class'])
  return (
    <button
      type="button"
      {...rest}
      ref={(button) => tip(button, () => own.label)}
      aria-label={own.label}
      class={`icon-button ${own.class ?? ''}`}
    >
      <Icon name={own.icon} />
    </button>
  )
}
