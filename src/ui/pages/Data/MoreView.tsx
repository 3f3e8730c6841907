import { createSignal, For, Show } from 'solid-js'
import type { SynthesisInfo } from '../../../protocol/studio.ts'
import { Button, LinkButton } from '../../components/Button.tsx'
import { TextField } from '../../components/Field.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { NumberField } from '../../components/NumberField.tsx'
import { Progress } from '../../components/Progress.tsx'
import { gap } from '../../messages/sentences.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { checkNumber, hundredths } from '../../state/fields.ts'
import { hrefOf } from '../../state/route.ts'

const PER_HUNDRED = [0, 10, 25, 50, 75, 100, 150, 200, 300, 500]
const WANTED = [10, 20, 50, 100, 200, 500]

/** Training rows made from training rows, and rows that a model writes. */
export function MoreView() {
  const { data, synthesis } = useApp()
  const used = () => {
    const set = synthesis.inUse()
    return set
      ? t('synth.inUse', { count: set.rows, author: set.synthetic?.author ?? '' })
      : t('synth.inUseGone')
  }
  const ratio = (which: 'reworded' | 'noisy' | 'synthetic_ratio', label: string, help?: string) => (
    <NumberField
      label={label}
      {...(help ? { help } : {})}
      slider
      limits={hundredths(`data.augment.${which}`, { stops: PER_HUNDRED, unit: 'unit.perHundred' })}
      value={Number((data.recipe().augment[which] * 100).toFixed(4))}
      onChange={(value) => {
        if (!checkNumber(value, hundredths(`data.augment.${which}`, {})))
          data.setAugment({ [which]: Number((value / 100).toFixed(6)) })
      }}
    />
  )
  return (
    <div class="stack more">
      <h3>{t('augment.title')}</h3>
      <p class="quiet small">{t('augment.lede')}</p>
      {ratio('reworded', t('augment.reworded'), t('augment.rewordedHelp'))}
      {ratio('noisy', t('augment.noisy'), t('augment.noisyHelp'))}
      <Write />
      <Show when={data.recipe().augment.synthetic}>
        <Notice
          tone="info"
          title={used()}
          actions={<Button onClick={() => data.setAugment({ synthetic: null })}>{t('synth.drop')}</Button>}
        />
        {ratio('synthetic_ratio', t('synth.ratio'))}
      </Show>
    </div>
  )
}

/** The loaded model as author. */
function Write() {
  const { models, data, synthesis, training } = useApp()
  const [count, setCount] = createSignal(20)
  const [wish, setWish] = createSignal('')
  const whole = () => Number.isInteger(count()) && count() >= 1 && count() <= 5000
  return (
    <>
      <h3>{t('synth.title')}</h3>
      <p class="quiet small">{t('synth.lede', { model: models.chosen()?.name ?? '' })}</p>
      <Show when={models.chosen()?.practice}>
        <Notice
          tone="warning"
          title={t('synth.practice')}
          actions={<LinkButton href={hrefOf('model')}>{t('synth.toModel')}</LinkButton>}
        />
      </Show>
      <NumberField
        label={t('synth.count')}
        limits={{ min: 1, max: 5000, whole: true, stops: WANTED, unit: 'unit.examples' }}
        value={count()}
        onChange={setCount}
      />
      <TextField
        label={t('synth.wish')}
        placeholder={t('synth.wishPlaceholder')}
        value={wish()}
        onChange={setWish}
      />
      <Show when={synthesis.failure()}>{(failure) => <FailureNotice failure={failure()} />}</Show>
      <Show
        when={synthesis.progress()}
        fallback={
          <Button
            class="start"
            disabled={!data.mapped() || !models.chosen() || training.busy() || !whole()}
            onClick={() => void synthesis.write(count(), wish())}
          >
            {t('synth.write')}
          </Button>
        }
      >
        {(progress) => (
          <div class="row-between">
            <div style={{ flex: 1 }}>
              <Progress
                label={t('synth.writing')}
                share={progress().kept / Math.max(1, progress().wanted)}
                value={t('synth.progress', { ...progress() })}
              />
            </div>
            <Button icon="stop" onClick={synthesis.stop}>
              {t('action.stop')}
            </Button>
          </div>
        )}
      </Show>
      <Show when={synthesis.result()}>{(result) => <Written result={result()} />}</Show>
    </>
  )
}

function Written(props: { result: SynthesisInfo }) {
  const reasons = () =>
    (Object.entries(props.result.rejected) as [keyof SynthesisInfo['rejected'], number][])
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => t(`synth.rejected.${reason}`, { count }))
      .join(', ')
  const kept = () => (props.result.kept > 0 ? t('synth.kept', { count: props.result.kept }) : t('synth.none'))
  return (
    <div class="stack-s">
      <p role="status">
        {kept()}
        {gap(kept())}
        <span class="quiet">
          {reasons()
            ? t('synth.of', { asked: props.result.asked, reasons: reasons() })
            : t('synth.ofAll', { asked: props.result.asked })}
        </span>
      </p>
      <ul class="written">
        <For each={props.result.examples.slice(0, 5)}>
          {(example) => (
            <li>
              <span class="badge-plain">{t('origin.synthetic')}</span>
              <p>{example.prompt}</p>
              <p class="quiet">{example.response}</p>
            </li>
          )}
        </For>
      </ul>
    </div>
  )
}
