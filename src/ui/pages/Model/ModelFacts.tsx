import { Show } from 'solid-js'
import { HUB_ENDPOINT } from '../../../protocol/model-address.ts'
import type { ModelLicence, ModelOrigin } from '../../../protocol/studio.ts'
import { changeName } from '../../components/Fit.tsx'
import { formatBytes, formatCount } from '../../messages/format.ts'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** How quickly a model would train here, where anything was measured, and whether it fits. */
export function Prospects(props: { of: string; name: string; parameters: number }) {
  const { shelf } = useApp()
  const speed = () => {
    const found = shelf.speedOf({ name: props.name, parameters: props.parameters })
    if (!found) return null
    const rate = found.tokensPerSecond
    const value = rate < 10 ? rate.toFixed(1) : formatCount(Math.round(rate))
    return found.scaled ? t('shelf.speedScaled', { value, from: found.from }) : t('shelf.speed', { value })
  }
  const fit = () => {
    const found = shelf.fitOf(props.of)
    if (!found) return null
    if ('failure' in found) return said(found.failure.message)
    const { needs, grants, fits, changes } = found.fit
    const sizes = { needs: formatBytes(needs), grants: formatBytes(grants) }
    if (fits) return t('shelf.fits', sizes)
    const [change] = changes
    return change?.fits
      ? t('shelf.fitsWith', { ...sizes, change: changeName(change) })
      : t('shelf.fitsNot', sizes)
  }
  return (
    <Show when={fit() || speed()}>
      <p class="small">{[fit(), speed()].filter(Boolean).join(' · ')}</p>
    </Show>
  )
}

/** Where a model came from, as a link where it has an address. */
export function Origin(props: { of: ModelOrigin }) {
  const link = () => {
    const { of } = props
    if (of.kind === 'url') return { text: of.address, href: of.address }
    if (of.kind !== 'hub') return null
    const place = of.endpoint === HUB_ENDPOINT ? of.repo : `${of.endpoint}/${of.repo}`
    return {
      text: `${place}${of.file ? `/${of.file}` : ''} @ ${of.commit.slice(0, 8)}`,
      href: `${of.endpoint}/${of.repo}/tree/${encodeURIComponent(of.commit)}`,
    }
  }
  return (
    <Show
      when={link()}
      fallback={t(props.of.kind === 'bundled' ? 'shelf.origin.bundled' : 'shelf.origin.files')}
    >
      {(to) => (
        <a href={to().href} target="_blank" rel="noreferrer">
          {to().text}
        </a>
      )}
    </Show>
  )
}

export function Licence(props: { of: ModelLicence | null }) {
  return (
    <Show when={props.of} fallback={t('shelf.none')}>
      {(licence) => (
        <Show when={licence().link} fallback={licence().name}>
          {(link) => (
            <a href={link()} target="_blank" rel="noreferrer">
              {licence().name}
            </a>
          )}
        </Show>
      )}
    </Show>
  )
}
