import { Show } from 'solid-js'
import { useApp } from '../../state/app.tsx'
import { ChooseData } from './ChooseData.tsx'
import { OpenData } from './OpenData.tsx'

export function DataPage() {
  const { data } = useApp()
  return (
    <Show when={data.dataset()} fallback={<ChooseData />}>
      {(info) => <OpenData info={info()} />}
    </Show>
  )
}
