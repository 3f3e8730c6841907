import { onMount, Show } from 'solid-js'
import { HUB_ENDPOINT } from '../../../protocol/model-address.ts'
import { Button } from '../../components/Button.tsx'
import { Checkbox, TextField } from '../../components/Field.tsx'
import { Fold } from '../../components/Fold.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { saidWhole, sentences } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** The token for a hub, and which hub: for the few who need either. */
export function HubAccount() {
  const { lookup } = useApp().shelf
  /** What is asked instead stands beside what is wrong. */
  const problem = () => {
    const { problem, endpoint } = lookup.hub()
    return problem && sentences(saidWhole(problem), t('hub.endpointStays', { host: new URL(endpoint).host }))
  }
  return (
    <Fold summary={t('hub.account')} small open={lookup.hub().problem !== null}>
      <div class="stack">
        <p class="small quiet">{t('hub.accountAbout')}</p>
        {/* A model that asks for it has the same fields beside it. */}
        <Show when={lookup.found()?.readable ?? true}>
          <TokenField />
        </Show>
        <TextField
          label={t('hub.endpoint')}
          hint={t('hub.endpointHint')}
          error={problem()}
          value={lookup.hub().text}
          placeholder={HUB_ENDPOINT}
          onCommit={(address) => void lookup.setEndpoint(address)}
        />
      </div>
    </Fold>
  )
}

/** A token to give, or the one that is in use to be forgotten. */
export function TokenField() {
  const { lookup } = useApp().shelf
  onMount(() => void lookup.findAccess())
  return (
    <div class="stack-s">
      <Show when={lookup.accessFailure()}>{(failure) => <FailureNotice failure={failure()} />}</Show>
      <Show
        when={lookup.access()?.signedIn ? lookup.access() : null}
        fallback={
          <form
            class="stack-s"
            onSubmit={(event) => {
              event.preventDefault()
              if (lookup.token().trim() !== '') void lookup.signIn()
            }}
          >
            <TextField
              label={t('hub.accessToken')}
              secret
              value={lookup.token()}
              onChange={lookup.setToken}
            />
            <Checkbox
              label={t('hub.remember')}
              help={t('hub.rememberHelp')}
              checked={lookup.keep()}
              onChange={lookup.setKeep}
            />
            <div class="row">
              <Show when={lookup.registered() && lookup.endpoint() === HUB_ENDPOINT}>
                <Button onClick={() => void lookup.goSignIn()}>{t('hub.signInPage')}</Button>
              </Show>
              <Button type="submit" disabled={lookup.token().trim() === '' || lookup.signing()}>
                {t(lookup.signing() ? 'hub.signingIn' : 'hub.signIn')}
              </Button>
            </div>
          </form>
        }
      >
        {(access) => (
          <>
            <p>
              {sentences(
                access().name ? t('hub.signedIn', { name: access().name! }) : t('hub.signedInNameless'),
                ...(access().remembered ? [t('hub.rememberedNote')] : []),
              )}
            </p>
            <Button class="start" onClick={() => void lookup.signOut()}>
              {t('hub.signOut')}
            </Button>
          </>
        )}
      </Show>
    </div>
  )
}
