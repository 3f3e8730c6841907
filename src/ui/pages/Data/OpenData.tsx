import { batch, createSignal, Show } from 'solid-js'
import type { Failure } from '../../../protocol/errors.ts'
import type { DatasetInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Later } from '../../components/Later.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Next, PageHead, Section } from '../../components/Page.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Stat } from '../../components/Table.tsx'
import { type Tab, Tabs } from '../../components/Tabs.tsx'
import { formatCount } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { AllowMore } from '../AllowMore.tsx'
import { DownloadData } from './DownloadData.tsx'
import { Findings } from './Findings.tsx'
import { MappingForm } from './MappingForm.tsx'
import { MoreView } from './MoreView.tsx'
import { NotYet } from './NotYet.tsx'
import { LengthView, RowsView } from './Previews.tsx'
import { RaiseLimit } from './RaiseLimit.tsx'
import { ReadAgainFold } from './ReadAgain.tsx'
import type { SoughtRow } from './RowsTable.tsx'
import { ShareField } from './ShareField.tsx'
import { SplitForm } from './SplitForm.tsx'
import { StepsView } from './StepsView.tsx'
import { TokensView } from './TokensView.tsx'

export function OpenData(props: { info: DatasetInfo }) {
  const { data } = useApp()
  const [tab, setTab] = createSignal('rows')
  const [sought, setSought] = createSignal<SoughtRow | null>(null)
  const showRow = (row: number) =>
    batch(() => {
      setSought({ row })
      setTab('rows')
    })
  // Made once: a label that changes must not draw the views again.
  const tabs: Tab[] = [
    {
      id: 'rows',
      label: t('data.tab.rows'),
      content: () => <RowsView info={props.info} sought={sought()} onFirst={() => setSought(null)} />,
    },
    { id: 'tokens', label: t('data.tab.tokens'), content: () => <TokensView onRow={showRow} /> },
    {
      id: 'steps',
      get label() {
        const count = data.recipe().steps.length
        return count > 0 ? t('data.tab.stepsCount', { count }) : t('data.tab.steps')
      },
      content: () => <StepsView info={props.info} />,
    },
    { id: 'more', label: t('data.tab.more'), content: () => <MoreView /> },
    { id: 'lengths', label: t('data.tab.lengths'), content: () => <LengthView /> },
  ]
  return (
    <>
      <PageHead
        title={data.title(props.info)}
        lede={`${t('rows', { count: props.info.rows })} · ${t('columns', { count: props.info.columns.length })}`}
        action={<Button onClick={data.close}>{t('data.other')}</Button>}
      />
      <div class="stack-l">
        <Show when={data.failure()}>
          {(failure) => (
            <FailureNotice
              failure={failure()}
              actions={<RaiseLimit failure={failure()} />}
              onDismiss={() => data.report(null)}
            />
          )}
        </Show>
        <Findings opening={props.info.findings} rows={props.info.rows} onRow={showRow} />
        <Show when={data.prepareFailure()}>
          {(failure) => (
            <FailureNotice
              failure={failure()}
              actions={again(failure()) ? <PrepareAgain /> : <AllowMore failure={failure()} />}
            />
          )}
        </Show>
        <div class="workbench">
          <div class="stack-l">
            <Later>
              <MappingForm info={props.info} />
            </Later>
            <Later>
              <Counts info={props.info} />
            </Later>
          </div>
          <Section title={t('data.preview')} hideTitle>
            <Tabs label={t('data.preview')} tabs={tabs} value={tab()} onChange={setTab} />
          </Section>
        </div>
      </div>
      <Next to="model" ready={data.prepared() !== null} />
    </>
  )
}

/** Stopped, or without room at that moment: the same may work now. */
const again = ({ code }: Failure) => code === 'cancelled' || code === 'quota_exceeded'

function PrepareAgain() {
  const { data } = useApp()
  return <Button onClick={() => void data.prepare().catch(() => {})}>{t('action.retry')}</Button>
}

function Counts(props: { info: DatasetInfo }) {
  const { data } = useApp()
  return (
    <Section title={t('data.counts')}>
      <Show when={data.prepared()} fallback={<NotYet />}>
        {(info) => (
          <>
            <Show when={info().estimate}>
              {(estimate) => (
                <p class="small quiet" role="status">
                  {t('data.estimate', { rows: estimate().rows, count: estimate().of })}
                </p>
              )}
            </Show>
            <dl class="stats" aria-busy={data.preparing()}>
              <Stat
                label={t('data.train')}
                value={formatCount(info().examples.train)}
                unit={t(info().examples.train === 1 ? 'unit.example' : 'unit.examples')}
              />
              <Stat
                label={t('data.validation')}
                value={formatCount(info().examples.validation)}
                unit={t(info().examples.validation === 1 ? 'unit.example' : 'unit.examples')}
              />
              <Stat
                label={t('data.learnt')}
                value={formatCount(info().supervisedCount.train)}
                unit={t('unit.tokens')}
                note={t('data.learntOf', { count: info().tokenCount.train })}
              />
              <Stat
                label={t('data.longest')}
                value={formatCount(info().longest)}
                unit={t('unit.tokens')}
                {...(info().truncated > 0 ? { note: t('data.truncated', { count: info().truncated }) } : {})}
              />
              <Show when={info().examples.test > 0}>
                <Stat
                  label={t('data.test')}
                  value={formatCount(info().examples.test)}
                  unit={t(info().examples.test === 1 ? 'unit.example' : 'unit.examples')}
                />
              </Show>
            </dl>
            <DownloadData info={props.info} />
          </>
        )}
      </Show>
      <Show when={data.preparing() && data.progress() !== null}>
        <Progress label={t('data.preparingShare')} share={data.progress()} />
        <p>
          <Button onClick={data.stopPreparing}>{t('action.stop')}</Button>
        </p>
      </Show>
      <ShareField />
      <ReadAgainFold info={props.info} />
      <SplitForm columns={data.stepsReport()?.columns ?? props.info.columns.map((column) => column.name)} />
    </Section>
  )
}
