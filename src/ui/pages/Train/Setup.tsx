import { Show } from 'solid-js'
import { farAbove, PROFILES, QUICK_SECONDS, usualRate } from '../../../runs/profiles.ts'
import { NumberField } from '../../components/NumberField.tsx'
import { Section } from '../../components/Page.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { formatNumber } from '../../messages/format.ts'
import { sentences } from '../../messages/sentences.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { byEpochs } from '../../state/draft.ts'
import { MINUTES } from '../../state/fields.ts'
import { Advanced } from './Advanced.tsx'
import { InWords } from './InWords.tsx'
import { Beyond, OpenSettings } from './Opened.tsx'
import { Questions } from './Questions.tsx'
import { LoraNumberField, TrainingNumberField } from './SettingFields.tsx'
import { StartFrom } from './StartFrom.tsx'

export function Setup() {
  const { settings, models } = useApp()
  const tooFast = () => {
    const model = models.chosen()
    const { learning_rate: rate } = settings.training
    return model && farAbove(rate, model) && !settings.problems().has('learning_rate')
      ? t('field.tooFast', { model: model.name, value: formatNumber(usualRate(model) ?? rate) })
      : undefined
  }
  const fitted = () =>
    settings.profile() === 'quick'
      ? t('profile.quickFitted', {
          steps: settings.training.max_steps,
          usual: settings.usual().training.max_steps,
          minutes: QUICK_SECONDS / 60,
        })
      : t('profile.epochsFitted', {
          epochs: settings.training.num_train_epochs,
          usual: settings.usual().training.num_train_epochs,
        })
  const followed = () =>
    t('profile.lengthFollowed', {
      limit: settings.followed()!,
      usual: settings.usual().training.max_length,
    })
  const by = () => (byEpochs(settings.training) ? 'epochs' : 'steps')
  return (
    <div class="stack-l">
      <Section title={t('train.settings')}>
        <InWords />
        <Segmented
          label={t('profile.label')}
          value={settings.profile() === 'own' ? null : settings.profile()}
          onChange={(id) => id !== 'own' && settings.choose(id)}
          options={PROFILES.map((id) => ({ value: id, label: t(`profile.${id}`) }))}
        />
        <Show when={settings.timed() || settings.minutes() !== null}>
          <Minutes />
        </Show>
        <p class="hint">
          {sentences(
            t(`profile.${settings.profile()}Note`),
            settings.profile() === 'own' &&
              settings.touched() !== 'all' &&
              t('profile.ownFollows', { name: t(`profile.${settings.basis()}`) }),
            settings.profile() !== 'own' && settings.minutes() === null && settings.fitted() && fitted(),
            settings.profile() !== 'own' && settings.followed() !== null && followed(),
          )}
        </p>
        <TrainingNumberField name="learning_rate" slider hint={tooFast()} />
        <Segmented
          label={t('train.length')}
          value={by()}
          onChange={settings.setLength}
          options={[
            { value: 'steps', label: t('train.bySteps') },
            { value: 'epochs', label: t('train.byEpochs') },
          ]}
        />
        <Show when={by() === 'epochs'} fallback={<TrainingNumberField name="max_steps" slider />}>
          <TrainingNumberField name="num_train_epochs" slider />
        </Show>
        <TrainingNumberField name="per_device_train_batch_size" slider />
        <LoraNumberField name="r" slider />
        <Beyond />
        <StartFrom />
        <Advanced />
        <Questions />
        <OpenSettings />
      </Section>
    </div>
  )
}

/** How long the run may take on this machine, by the speed that was measured here. All that nobody has set follows from it. */
function Minutes() {
  const { settings } = useApp()
  const hint = () => {
    const found = settings.minutes() === null ? null : settings.allotted()
    if (!found) return t('time.now')
    const [kind, count] = [t(`profile.${settings.basis()}`), settings.training.max_steps]
    const said =
      found.passes === null
        ? t('time.stepsOnly', { kind, count })
        : t('time.steps', { kind, count, passes: formatNumber(Number(found.passes.toPrecision(2))) })
    return found.spare ? sentences(said, t('time.spare')) : said
  }
  return (
    <NumberField
      label={t('time.label')}
      help={t('time.help')}
      hint={hint()}
      limits={MINUTES}
      value={settings.minutes() ?? tidy(settings.takes())}
      onChange={settings.within}
      slider
    />
  )
}

/** A time that is foretold, in minutes, to two digits. */
function tidy(minutes: number | null): number {
  return minutes === null ? Number.NaN : Math.max(MINUTES.min, Number(minutes.toPrecision(2)))
}
