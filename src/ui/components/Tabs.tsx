import { Tabs as Kobalte } from '@kobalte/core/tabs'
import { For, type JSX } from 'solid-js'

export interface Tab {
  id: string
  label: string
  content: () => JSX.Element
}

/** Views of one thing, one at a time. */
export function Tabs(props: { label: string; tabs: Tab[]; value: string; onChange: (id: string) => void }) {
  return (
    <Kobalte class="tabs" value={props.value} onChange={props.onChange}>
      <Kobalte.List class="tab-list" aria-label={props.label}>
        <For each={props.tabs}>
          {(tab) => (
            <Kobalte.Trigger class="tab" value={tab.id}>
              {tab.label}
            </Kobalte.Trigger>
          )}
        </For>
      </Kobalte.List>
      <For each={props.tabs}>
        {(tab) => (
          <Kobalte.Content class="tab-content" value={tab.id}>
            {tab.content()}
          </Kobalte.Content>
        )}
      </For>
    </Kobalte>
  )
}
