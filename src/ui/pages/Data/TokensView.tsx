import { For, Show } from 'solid-js'
import type { TokenisedSample } from '../../../protocol/studio.ts'
import type { Split } from '../../../protocol/tokens.ts'
import { Button } from '../../components/Button.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { isByte, TokenLegend, TokenText } from '../../components/TokenText.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { createTokenPages, EXAMPLES } from '../../state/data-tokens.ts'
import { NotYet } from './NotYet.tsx'
import { Pager } from './Pager.tsx'

const SPLITS: readonly Split[] = ['train', 'validation', 'test']

/** Examples as the model will see them, what is learnt told apart from what is only read; any page of each split. */
export function TokensView(props: { onRow: (row: number) => void }) {
  const { data } = useApp()
  return (
    <Show when={data.prepared()} fallback={<NotYet />}>
      <TokenPages onRow={props.onRow} />
    </Show>
  )
}

function TokenPages(props: { onRow: (row: number) => void }) {
  const { data, studio } = useApp()
  const pages = createTokenPages(studio, data)
  const splits = () => SPLITS.filter((split) => split === 'train' || data.prepared()!.examples[split] > 0)
  const samples = () => pages.page()?.samples ?? []
  const leftOut = () => {
    const page = pages.page()
    return page ? Math.min(EXAMPLES, page.total - page.offset) - page.samples.length : 0
  }
  return (
    <div class="stack" aria-busy={data.preparing()}>
      <Show when={splits().length > 1}>
        <Segmented
          label={t('examples.which')}
          hideLabel
          value={pages.split()}
          onChange={pages.setSplit}
          options={splits().map((split) => ({ value: split, label: t(`examples.${split}`) }))}
        />
      </Show>
      <Show when={pages.failure()}>{(failure) => <FailureNotice failure={failure()} />}</Show>
      <TokenLegend
        lost={samples().some((sample) => (sample.cut ?? 0) > 0)}
        bytes={samples().some((sample) => sample.pieces.some((piece) => isByte(piece.text)))}
      />
      <section class="stack" aria-label={t('examples.list')}>
        <For each={samples()}>{(sample) => <Example sample={sample} onRow={props.onRow} />}</For>
      </section>
      <Show when={leftOut() > 0}>
        <p class="small quiet">{t('examples.leftOut', { count: leftOut() })}</p>
      </Show>
      <Show when={pages.page()} fallback={<p class="quiet">{t('data.preparing')}</p>}>
        <Pager
          of="examples"
          offset={pages.offset()}
          size={EXAMPLES}
          total={pages.total()}
          onGo={pages.goTo}
        />
      </Show>
    </div>
  )
}

function Example(props: { sample: TokenisedSample; onRow: (row: number) => void }) {
  const { data } = useApp()
  const origin = () => props.sample.origin ?? 'data'
  const row = () => t('finding.row', { row: data.numberOf(props.sample.row) })
  return (
    <article class="example stack-s">
      <div class="row">
        <h3 class="label">
          {/* What a model wrote is no row of the data. */}
          <Show
            when={origin() !== 'synthetic'}
            fallback={t('examples.written', { number: props.sample.row + 1 })}
          >
            <Button
              kind="quiet"
              class="to-row"
              aria-label={t('rows.show', { row: data.numberOf(props.sample.row) })}
              onClick={() => props.onRow(props.sample.row)}
            >
              {row()}
            </Button>
          </Show>
        </h3>
        <span class="small quiet">
          {t('examples.length', { count: props.sample.pieces.length + (props.sample.cut ?? 0) })}
        </span>
        <Show when={origin() !== 'data'}>
          <span class="badge-plain">{t(`origin.${origin()}`)}</span>
        </Show>
      </div>
      <TokenText pieces={props.sample.pieces} lost={props.sample.lost} />
      <Show when={(props.sample.cut ?? 0) > 0}>
        <p class="small cut-note">{t('sample.cut', { count: props.sample.cut ?? 0 })}</p>
      </Show>
    </article>
  )
}
