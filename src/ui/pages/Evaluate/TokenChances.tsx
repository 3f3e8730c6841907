import { createMemo, createSignal, For, Match, Show, Switch } from 'solid-js'
import type { TokensRequest, TokenView, ViewedToken } from '../../../protocol/studio.ts'
import { Segmented } from '../../components/Segmented.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { visibleToken } from '../../components/TokenText.tsx'
import { formatNumber, formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { Looked } from './Looked.tsx'
import '../../styles/views.css'

/** Probabilities, and changes of them, from which on a token is a shade darker. */
const CHANCES = [0.01, 0.1, 0.5, 0.9]
const MOVES = [0.01, 0.1, 0.3, 0.6]
const LEVELS = [0, 1, 2, 3, 4] as const
type Level = (typeof LEVELS)[number]

const levelOf = (value: number, steps: readonly number[]) =>
  steps.filter((step) => value >= step).length as Level

const probability = (nats: number) => Math.exp(nats)
const inShare = (p: number) => (p < 1e-4 ? t('chance.tiny') : formatShare(p, p < 0.01 ? 2 : 0))

/** How likely each token of an answer is, before and after training. */
export function TokenChances(props: { of: TokensRequest }) {
  const { evaluations } = useApp()
  return (
    <Looked
      of={JSON.stringify(props.of)}
      look={(of: TokensRequest, signal) => evaluations.tokens(of, signal)}
      looking={t('chance.looking')}
    >
      {(view) => <Chances view={view} />}
    </Looked>
  )
}

function Chances(props: { view: TokenView }) {
  const [shown, setShown] = createSignal<'both' | 'difference' | 'table'>('both')
  const mean = (side: 'base' | 'tuned') => {
    const { tokens } = props.view
    const sum = tokens.reduce((all, token) => all + token[side].logProbability, 0)
    return inShare(probability(sum / Math.max(1, tokens.length)))
  }
  return (
    <div class="stack-s chances">
      <p data-testid="chances">{t('chance.mean', { base: mean('base'), tuned: mean('tuned') })}</p>
      <Segmented
        label={t('chance.show')}
        hideLabel
        value={shown()}
        onChange={setShown}
        options={(['both', 'difference', 'table'] as const).map((value) => ({
          value,
          label: t(`chance.${value}`),
        }))}
      />
      <Switch>
        <Match when={shown() === 'both'}>
          <Strip
            title={t('chance.base')}
            tokens={props.view.tokens}
            level={({ base }) => levelOf(probability(base.logProbability), CHANCES)}
          />
          <Strip
            title={t('chance.after', { step: props.view.step })}
            tokens={props.view.tokens}
            level={({ tuned }) => levelOf(probability(tuned.logProbability), CHANCES)}
          />
          <Legend text={t('chance.legend')} of={(level) => t(`chance.level.${level}`)} />
        </Match>
        <Match when={shown() === 'difference'}>
          <Strip
            title={t('chance.change')}
            tokens={props.view.tokens}
            level={(token) => levelOf(Math.abs(moved(token)), MOVES)}
            mark={(token) =>
              levelOf(Math.abs(moved(token)), MOVES) === 0 ? '' : moved(token) > 0 ? '▲' : '▼'
            }
          />
          <Legend text={t('chance.legendMoved')} of={(level) => t(`chance.moved.${level}`)} />
        </Match>
        <Match when={shown() === 'table'}>
          <Table label={t('chance.table')} columns={columns()} rows={props.view.tokens} dense tall />
        </Match>
      </Switch>
    </div>
  )
}

const moved = ({ base, tuned }: ViewedToken) =>
  probability(tuned.logProbability) - probability(base.logProbability)

function Strip(props: {
  title: string
  tokens: readonly ViewedToken[]
  level: (token: ViewedToken) => Level
  mark?: (token: ViewedToken) => string
}) {
  const drawn = createMemo(() => props.tokens.map((token) => ({ token, level: props.level(token) })))
  return (
    <div>
      <h4 class="label">{props.title}</h4>
      <p class="tokens">
        <For each={drawn()}>
          {({ token, level }) => (
            <span
              class={`token chance-${level}`}
              title={t('chance.title', {
                before: inShare(probability(token.base.logProbability)),
                after: inShare(probability(token.tuned.logProbability)),
              })}
            >
              <Show when={props.mark?.(token)}>{(mark) => <small>{mark()} </small>}</Show>
              {visibleToken(token.text)}
            </span>
          )}
        </For>
      </p>
    </div>
  )
}

function Legend(props: { text: string; of: (level: Level) => string }) {
  return (
    <>
      <p class="small quiet">{props.text}</p>
      <ul class="small chance-legend">
        <For each={LEVELS}>
          {(level) => <li class={`chance-swatch chance-${level}`}>{props.of(level)}</li>}
        </For>
      </ul>
    </>
  )
}

const columns = (): TableColumn<ViewedToken>[] => [
  { id: 'token', head: t('chance.token'), cell: ({ text }) => <code>{visibleToken(text)}</code> },
  {
    id: 'before',
    head: t('chance.before'),
    number: true,
    cell: ({ base }) => inShare(probability(base.logProbability)),
  },
  {
    id: 'after',
    head: t('chance.afterShort'),
    number: true,
    cell: ({ tuned }) => inShare(probability(tuned.logProbability)),
  },
  {
    id: 'points',
    head: t('chance.points'),
    number: true,
    cell: (token) => signed(Number((moved(token) * 100).toFixed(1))),
  },
  {
    id: 'first',
    head: t('chance.first'),
    cell: ({ base, tuned }) =>
      t(
        `chance.first.${base.likeliest && tuned.likeliest ? 'both' : base.likeliest ? 'base' : tuned.likeliest ? 'tuned' : 'none'}`,
      ),
  },
]

const signed = (points: number) =>
  `${points > 0 ? '+' : points < 0 ? '−' : ''}${formatNumber(Math.abs(points))}`
