import { Show } from 'solid-js'
import { PROFILES, QUICK_SECONDS } from '../../../runs/profiles.ts'
import { Section } from '../../components/Page.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { byEpochs } from '../../state/draft.ts'
import { Advanced } from './Advanced.tsx'
import { InWords } from './InWords.tsx'
import { Beyond, OpenSettings } from './Opened.tsx'
import { Questions } from './Questions.tsx'
import { LoraNumberField, TrainingNumberField } from './SettingFields.tsx'

export function Setup() {
  const { settings } = useApp()
  const epochs = () => byEpochs(settings.training)
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
          value={epochs() ? 'epochs' : 'steps'}
          onChange={settings.setLength}
          options={[
            { value: 'steps', label: t('train.bySteps') },
            { value: 'epochs', label: t('train.byEpochs') },
          ]}
        />
        <Show when={epochs()} fallback={<TrainingNumberField name="max_steps" slider />}>
          <TrainingNumberField name="num_train_epochs" slider />
        </Show>
        <TrainingNumberField name="per_device_train_batch_size" slider />
        <LoraNumberField name="r" slider />
        <Beyond />
        <Advanced />
        <Questions />
        <OpenSettings />
      </Section>
    </div>
  )
}
