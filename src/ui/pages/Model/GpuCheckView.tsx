import { Show } from 'solid-js'
import type { GpuCheck } from '../../../protocol/gpu-check.ts'
import { Button } from '../../components/Button.tsx'
import { Fold } from '../../components/Fold.tsx'
import { Notice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Table } from '../../components/Table.tsx'
import { formatCount, formatDuration, formatLarge, formatShare } from '../../messages/format.ts'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Every operation against its reference on this machine's adapter: the last result, and a way to check again. */
export function GpuCheckView(props: { check: GpuCheck | null }) {
  const { models, training } = useApp()
  return (
    <div class="stack">
      <h3>{t('check.title')}</h3>
      <p class="small quiet">{t('check.about')}</p>
      <Show
        when={models.checking()}
        fallback={
          <div class="row">
            <Button onClick={() => void models.checkGpu()} disabled={training.busy()}>
              {t(props.check ? 'check.again' : 'check.start')}
            </Button>
          </div>
        }
      >
        {(checking) => (
          <>
            <Progress label={said(checking().operation) || t('check.begins')} share={checking().share} />
            <div class="row">
              <Button onClick={checking().stop} disabled={checking().stopping}>
                {t(checking().stopping ? 'check.stopping' : 'action.stop')}
              </Button>
            </div>
          </>
        )}
      </Show>
      <Show when={models.checking() ? null : props.check}>{(check) => <Found check={check()} />}</Show>
    </div>
  )
}

function Found(props: { check: GpuCheck }) {
  const runs = () => props.check.operations.reduce((sum, { runs }) => sum + runs, 0)
  const wrong = () => props.check.operations.filter(({ failure }) => failure !== null)
  return (
    <>
      <Notice
        tone={props.check.passed ? 'success' : 'error'}
        title={
          props.check.passed
            ? t('check.passed', { count: props.check.operations.length, runs: formatCount(runs()) })
            : t('check.failed', {
                names: wrong()
                  .map(({ name }) => said(name))
                  .join(', '),
              })
        }
      >
        <p class="small">
          {t('check.speed', {
            device: props.check.device,
            flops: formatLarge(props.check.rates.flops),
            bytes: formatLarge(props.check.rates.bandwidth),
            duration: formatDuration(props.check.seconds),
          })}
        </p>
        <Show when={props.check.wrong.length > 0}>
          <p class="small">{t('check.wrong', { names: props.check.wrong.join(', ') })}</p>
        </Show>
      </Notice>
      <Fold summary={t('check.details')} small>
        <p class="small quiet">{t('check.errorAbout')}</p>
        <Table
          label={t('check.details')}
          dense
          stacks
          rows={props.check.operations}
          columns={[
            { id: 'name', head: t('check.operation'), cell: ({ name }) => said(name) },
            { id: 'runs', head: t('check.runs'), cell: ({ runs }) => formatCount(runs), number: true },
            {
              id: 'error',
              head: t('check.error'),
              cell: ({ worst, failure }) => failure ?? formatShare(worst, 1),
              number: true,
            },
          ]}
        />
      </Fold>
    </>
  )
}
