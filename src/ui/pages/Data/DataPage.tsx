import { Show } from 'solid-js'
import { loadedLater } from '../../components/loaded.tsx'
import { useApp } from '../../state/app.tsx'
import { ChooseData } from './ChooseData.tsx'

const OpenData = loadedLater(() => import('./OpenData.tsx').then((part) => part.OpenData))

export function DataPage() {
  const { data } = useApp()
  return (
    <Show when={data.dataset()} fallback={<ChooseData />}>
      {(info) => <OpenData info={info()} />}
    </Show>
  )
}
