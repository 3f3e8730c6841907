import { createEffect, createUniqueId, For, on, Show } from 'solid-js'
import type { EngineChoice, PortableBackendChoice } from '../../../protocol/engine.ts'
import type { DeviceInfo, MeasuredSpeed } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Checkbox } from '../../components/Field.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { NumberField } from '../../components/NumberField.tsx'
import { Section } from '../../components/Page.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { formatCount } from '../../messages/format.ts'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { bytesOf, gigabytesOf, MEMORY_LIMITS } from '../../state/fields.ts'
import { GpuCheckView } from './GpuCheckView.tsx'
import { GpuReportView } from './GpuReportView.tsx'

const ENGINES: EngineChoice[] = ['auto', 'webgpu', 'portable']
const BACKENDS: PortableBackendChoice[] = ['auto', 'wasm', 'webgpu', 'cpu']

/** What computes, in plain words first; the choice of it, and whether it computes what it should. */
export function Device() {
  const { models, training } = useApp()
  const reason = createUniqueId()
  /** A run keeps the engine that it began with. */
  const taken = () => (training.busy() ? { disabled: true, describedBy: reason } : {})
  // Each run that ends has measured how quick it was.
  createEffect(
    on(training.busy, (busy) => {
      if (!busy && models.device()) void models.findDevice()
    }),
  )
  return (
    <Section title={t('device.title')}>
      <Segmented
        label={t('device.choose')}
        options={ENGINES.map((value) => ({ value, label: t(`device.engine.${value}`) }))}
        value={models.engine()}
        onChange={models.chooseEngine}
        {...taken()}
      />
      <Show when={training.busy()}>
        <p class="small" id={reason}>
          {t('device.taken')}
        </p>
      </Show>
      <p class="small quiet">{t(`device.about.${models.engine()}`)}</p>
      <Show when={models.engine() === 'portable'}>
        <Segmented
          label={t('device.backend')}
          options={BACKENDS.map((value) => ({ value, label: t(`device.backend.${value}`) }))}
          value={models.backend()}
          onChange={models.chooseBackend}
          {...taken()}
        />
        <p class="small quiet">{t(`device.backend.about.${models.backend()}`)}</p>
      </Show>
      <Memory />
      <Show when={models.deviceFailure()}>
        {(failure) => (
          <FailureNotice
            failure={failure()}
            actions={<Button onClick={() => void models.findDevice()}>{t('action.retry')}</Button>}
          />
        )}
      </Show>
      <Show
        when={models.device()}
        fallback={
          <Show when={!models.deviceFailure()}>
            <p class="quiet">{t('device.looking')}</p>
          </Show>
        }
      >
        {(device) => (
          <>
            <dl class="facts">
              <dt>{t('device.computes')}</dt>
              <dd>{t(computedBy(device()))}</dd>
              <dt>{t('device.name')}</dt>
              <dd>{device().description || t('device.none')}</dd>
            </dl>
            <Show when={device().threads === 1 && navigator.hardwareConcurrency > 1}>
              <p class="small quiet">{t(isolated() ? 'device.oneThread' : 'device.notIsolated')}</p>
            </Show>
            <Show when={device().speeds.length > 0}>
              <Speeds speeds={device().speeds} />
            </Show>
            <Show when={device().reason}>
              {(reason) => (
                <Notice
                  tone={reason().code === 'self_check_failed' ? 'warning' : 'info'}
                  title={said(reason().message)}
                >
                  <p>{said(reason().hint)}</p>
                </Notice>
              )}
            </Show>
            <Show when={hasGpu(device())}>
              <GpuCheckView check={device().check} />
              <GpuReportView />
            </Show>
          </>
        )}
      </Show>
    </Section>
  )
}

const isolated = () => globalThis.crossOriginIsolated === true

/** Without an adapter there is nothing to check; why there is none is said above. */
const hasGpu = ({ reason }: DeviceInfo) =>
  reason?.code !== 'missing_device' && (navigator as { gpu?: unknown }).gpu !== undefined

function computedBy({ engine, software }: DeviceInfo) {
  if (engine === 'portable') return software ? 'device.portable' : 'device.portableGpu'
  return software ? 'device.software' : 'device.hardware'
}

/** How much a run may take, by itself or as a person sets it. */
function Memory() {
  const { models, training } = useApp()
  return (
    <div class="stack-s">
      <Checkbox
        label={t('device.memoryAuto')}
        help={t('device.memoryHelp')}
        disabled={training.busy()}
        checked={models.memory() === null}
        onChange={(auto) => (auto ? models.setMemory(null) : models.limitMemory())}
      />
      <Show when={models.memory() !== null}>
        <NumberField
          label={t('device.memory')}
          limits={MEMORY_LIMITS}
          value={gigabytesOf(models.memory()!)}
          problem={models.memoryProblem()}
          disabled={training.busy()}
          onChange={(gigabytes) => models.setMemory(bytesOf(gigabytes))}
        />
      </Show>
    </div>
  )
}

/** How quickly each engine has trained here. */
function Speeds(props: { speeds: MeasuredSpeed[] }) {
  const engineOf = ({ engine, backend }: MeasuredSpeed) =>
    backend && backend !== 'wasm'
      ? t('device.engineOn', {
          engine: t(`device.engine.${engine}`),
          backend: t(`device.backend.${backend}`),
        })
      : t(`device.engine.${engine}`)
  return (
    <>
      <h3>{t('device.speeds')}</h3>
      <dl class="facts">
        <For each={props.speeds}>
          {(speed) => (
            <>
              <dt>{t('device.speedOf', { model: speed.model, engine: engineOf(speed) })}</dt>
              <dd>{t('device.speed', { value: formatCount(Math.round(speed.tokensPerSecond)) })}</dd>
            </>
          )}
        </For>
      </dl>
    </>
  )
}
