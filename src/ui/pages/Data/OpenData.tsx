import { For, Show } from 'solid-js'
import type { DatasetInfo, Finding } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Next, PageHead, Section } from '../../components/Page.tsx'
import { Stat } from '../../components/Table.tsx'
import { Tabs } from '../../components/Tabs.tsx'
import { formatCount } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { MappingForm } from './MappingForm.tsx'
import { LengthView, RowsView, TokensView } from './Previews.tsx'
import { ShareField } from './ShareField.tsx'

export function OpenData(props: { info: DatasetInfo }) {
  const { data } = useApp()
  const findings = () => {
    const all = [...props.info.findings, ...(data.prepared()?.findings ?? [])]
    const seen = new Set<string>()
    return all.filter((finding) => {
      const key = `${finding.message}|${finding.row}|${finding.column}`
      return seen.has(key) ? false : seen.add(key)
    })
  }
  return (
    <>
      <PageHead
        title={data.title(props.info)}
        lede={`${t('rows', { count: props.info.rows })} · ${t('columns', { count: props.info.columns.length })}`}
        action={<Button onClick={data.close}>{t('data.other')}</Button>}
      />
      <div class="stack-l">
        <Findings findings={findings()} />
        <Show when={data.prepareFailure()}>{(failure) => <FailureNotice failure={failure()} />}</Show>
        <div class="workbench">
          <div class="stack-l">
            <MappingForm info={props.info} />
            <Counts />
          </div>
          <Section title={t('data.preview')} hideTitle>
            <Tabs
              label={t('data.preview')}
              tabs={[
                { id: 'rows', label: t('data.tab.rows'), content: () => <RowsView info={props.info} /> },
                { id: 'tokens', label: t('data.tab.tokens'), content: () => <TokensView /> },
                { id: 'lengths', label: t('data.tab.lengths'), content: () => <LengthView /> },
              ]}
            />
          </Section>
        </div>
      </div>
      <Next to="model" ready={data.prepared() !== null} />
    </>
  )
}

/** What was found in the data: the worst first, each with its place and what to do. */
function Findings(props: { findings: Finding[] }) {
  const worst = { error: 0, warning: 1, note: 2 }
  const sorted = () => [...props.findings].sort((a, b) => worst[a.severity] - worst[b.severity])
  const place = (finding: Finding) =>
    [
      finding.row === undefined ? '' : t('finding.row', { row: finding.row + 1 }),
      finding.column === undefined ? '' : t('finding.column', { column: finding.column }),
    ]
      .filter(Boolean)
      .join(' · ')
  const one = (finding: Finding) => (
    <Notice tone={finding.severity === 'note' ? 'info' : finding.severity} title={finding.message}>
      <p>{finding.hint}</p>
      <Show when={place(finding)}>{(text) => <p class="small quiet">{text()}</p>}</Show>
    </Notice>
  )
  return (
    <Show when={sorted().length > 0}>
      <div class="stack-s">
        <For each={sorted().slice(0, 3)}>{one}</For>
        <Show when={sorted().length > 3}>
          <details class="fold">
            <summary>{t('finding.more', { count: sorted().length - 3 })}</summary>
            <div class="stack-s">
              <For each={sorted().slice(3)}>{one}</For>
            </div>
          </details>
        </Show>
      </div>
    </Show>
  )
}

function Counts() {
  const { data } = useApp()
  return (
    <Section title={t('data.counts')}>
      <Show
        when={data.prepared()}
        fallback={
          <p class="quiet" role="status">
            {t(data.preparing() ? 'data.preparing' : data.mapped() ? 'data.notPrepared' : 'data.notMapped')}
          </p>
        }
      >
        {(info) => (
          <dl class="stats" aria-busy={data.preparing()}>
            <Stat
              label={t('data.train')}
              value={formatCount(info().examples.train)}
              unit={t('unit.examples')}
            />
            <Stat
              label={t('data.validation')}
              value={formatCount(info().examples.validation)}
              unit={t('unit.examples')}
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
          </dl>
        )}
      </Show>
      <ShareField />
    </Section>
  )
}
