import { createMemo, For, type JSX, on, Show } from 'solid-js'
import type { Look } from '../../../protocol/studio.ts'
import { Stat, Table } from '../../components/Table.tsx'
import { TokenText } from '../../components/TokenText.tsx'
import { formatLoss, formatNumber, formatShare } from '../../messages/format.ts'
import { sentences } from '../../messages/sentences.ts'
import { t } from '../../messages/t.ts'
import './under-hood.css'

/** Learnt tokens shown one by one. */
const SHOWN = 40

/** The stages of a step, in their order, each in words with the values of the step that was looked at last. */
export function UnderHood(props: { look: Look | null; ended: boolean }) {
  return (
    <Show when={props.look} fallback={<p class="hint">{t('hood.waiting')}</p>}>
      {(look) => (
        <div class="stack">
          <p class="hint">{t(props.ended ? 'hood.ended' : 'hood.as', { step: look().step })}</p>
          <ol>
            <Stage title={t('hood.tokens')}>
              <Tokens look={look()} />
            </Stage>
            <Stage title={t('hood.guess')}>
              <Guesses look={look()} />
            </Stage>
            <Stage title={t('hood.gradient')}>
              <Gradient look={look()} />
            </Stage>
            <Stage title={t('hood.step')}>
              <Step look={look()} />
            </Stage>
            <Stage title={t('hood.again')}>
              <p>{t('hood.againNote', { loss: formatLoss(look().loss) })}</p>
            </Stage>
          </ol>
        </div>
      )}
    </Show>
  )
}

function Stage(props: { title: string; children: JSX.Element }) {
  return (
    <li class="stage">
      <h3>{props.title}</h3>
      {props.children}
    </li>
  )
}

function Tokens(props: { look: Look }) {
  // The example stays the same: its tokens are drawn once.
  const pieces = createMemo(
    on(
      () => props.look.run,
      () => props.look.example.pieces,
    ),
  )
  const learnt = () => pieces().filter(({ supervised }) => supervised).length
  return (
    <>
      <p>{t('hood.tokensNote', { all: pieces().length, count: learnt() })}</p>
      <TokenText pieces={pieces()} />
    </>
  )
}

function Guesses(props: { look: Look }) {
  const rows = () => {
    const { pieces, base, now } = props.look.example
    return pieces.flatMap(({ text }, i) =>
      base[i] === null || now[i] === null ? [] : [{ text, base: base[i]!, now: now[i]! }],
    )
  }
  const mean = (of: 'base' | 'now') => rows().reduce((sum, row) => sum + row[of], 0) / rows().length
  const chance = (loss: number) => formatShare(Math.exp(-loss), 1)
  return (
    <>
      <p>
        {t('hood.guessNote', {
          base: formatLoss(mean('base')),
          now: formatLoss(mean('now')),
          chanceBase: chance(mean('base')),
          chanceNow: chance(mean('now')),
        })}
      </p>
      <Table
        label={t('hood.losses')}
        dense
        tall
        columns={[
          { id: 'token', head: t('hood.token'), cell: (row) => <code>{row.text.replace(/\n/g, '↵')}</code> },
          { id: 'base', head: t('hood.before'), number: true, cell: (row) => formatLoss(row.base) },
          { id: 'now', head: t('hood.now'), number: true, cell: (row) => formatLoss(row.now) },
          { id: 'chance', head: t('hood.chance'), number: true, cell: (row) => chance(row.now) },
        ]}
        rows={rows().slice(0, SHOWN)}
      />
      <Show when={rows().length > SHOWN}>
        <p class="hint">{t('hood.more', { count: rows().length - SHOWN })}</p>
      </Show>
    </>
  )
}

function Gradient(props: { look: Look }) {
  const most = () => props.look.maxGradNorm
  const figure = (value: number) => formatNumber(Number(value.toPrecision(3)))
  return (
    <p>
      {sentences(
        t('hood.gradientNote', {
          name: shortName(props.look.matrix.name),
          rows: props.look.matrix.shape[0],
          columns: props.look.matrix.shape[1],
          norm: figure(props.look.matrix.gradNorm),
          whole: figure(props.look.gradNorm),
        }),
        most() > 0 &&
          t(props.look.gradNorm > most() ? 'hood.clipped' : 'hood.notClipped', { most: figure(most()) }),
      )}
    </p>
  )
}

function Step(props: { look: Look }) {
  const weight = () => props.look.matrix.weight
  const said = () => {
    const { gradient } = weight()
    return gradient === 0 ? 'hood.stepStill' : gradient > 0 ? 'hood.stepDown' : 'hood.stepUp'
  }
  const figures = () =>
    [
      ['hood.weightBefore', weight().before],
      ['hood.weightAfter', weight().after],
      ['hood.change', weight().after - weight().before],
      ['hood.itsGradient', weight().gradient],
      ['hood.rate', props.look.learningRate],
    ] as const
  return (
    <>
      <p>{t(said(), { row: weight().row + 1, column: weight().column + 1 })}</p>
      <dl class="stats">
        <For each={figures()}>
          {([name, value]) => <Stat label={t(name)} value={formatNumber(Number(value.toPrecision(4)))} />}
        </For>
      </dl>
    </>
  )
}

/** A matrix's name without what all of them begin and end with. */
const shortName = (name: string) => name.replace(/^.*?layers\./, 'layers.').replace(/\.weight$/, '')
