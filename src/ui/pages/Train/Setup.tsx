import { createMemo, Match, Show, Switch } from 'solid-js'
import { PROFILES, QUICK_SECONDS } from '../../../runs/profiles.ts'
import { NumberField } from '../../components/NumberField.tsx'
import { Section } from '../../components/Page.tsx'
import { Segmented } from '../../components/Segmented.tsx'
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
  const { settings } = useApp()
  const by = () =>
    settings.minutes() !== null ? 'minutes' : byEpochs(settings.training) ? 'epochs' : 'steps'
  // Once for all: choices that are made anew lose the focus.
  const timed = createMemo(() => settings.timed() || by() === 'minutes')
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
        <p class="hint">
          {t(`profile.${settings.profile()}Note`)}{' '}
          <Show when={settings.profile() === 'own' && settings.touched() !== 'all'}>
            {t('profile.ownFollows', { name: t(`profile.${settings.basis()}`) })}{' '}
          </Show>
          <Show when={settings.profile() !== 'own' && settings.fitted()}>
            {settings.profile() === 'quick'
              ? t('profile.quickFitted', {
                  steps: settings.training.max_steps,
                  usual: settings.usual().training.max_steps,
                  minutes: QUICK_SECONDS / 60,
                })
              : t('profile.epochsFitted', {
                  epochs: settings.training.num_train_epochs,
                  usual: settings.usual().training.num_train_epochs,
                })}
          </Show>{' '}
          <Show when={settings.profile() !== 'own' && settings.followed()}>
            {(limit) =>
              t('profile.lengthFollowed', {
                limit: limit(),
                usual: settings.usual().training.max_length,
              })
            }
          </Show>
        </p>
        <TrainingNumberField name="learning_rate" slider />
        <Segmented
          label={t('train.length')}
          value={by()}
          onChange={settings.setLength}
          options={[
            { value: 'steps', label: t('train.bySteps') },
            { value: 'epochs', label: t('train.byEpochs') },
            ...(timed() ? [{ value: 'minutes' as const, label: t('train.byMinutes') }] : []),
          ]}
        />
        <Switch>
          <Match when={by() === 'minutes'}>
            <Minutes />
          </Match>
          <Match when={by() === 'epochs'}>
            <TrainingNumberField name="num_train_epochs" slider />
          </Match>
          <Match when={by() === 'steps'}>
            <TrainingNumberField name="max_steps" slider />
          </Match>
        </Switch>
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

/** How long the run may take on this machine, by the speed that was measured here. */
function Minutes() {
  const { settings } = useApp()
  return (
    <NumberField
      label={t('field.minutes')}
      help={t('help.minutes')}
      hint={t('field.minutesSteps', { count: settings.training.max_steps })}
      limits={MINUTES}
      value={settings.minutes() ?? Number.NaN}
      onChange={settings.within}
      slider
    />
  )
}
