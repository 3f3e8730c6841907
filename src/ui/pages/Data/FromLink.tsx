import { createSignal, Show } from 'solid-js'
import { Button } from '../../components/Button.tsx'
import { Dialog, type DialogState } from '../../components/Dialog.tsx'
import { TextField } from '../../components/Field.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Google's API keys begin so; anything else is an access token. */
const GOOGLE_KEY = /^AIza/

/** Rows from an address: nothing is asked of another machine before the button is pressed. */
export function LinkDialog(props: DialogState) {
  const { data } = useApp()
  const [address, setAddress] = createSignal('')
  const [secret, setSecret] = createSignal('')
  const ofDrive = () => /^\s*(https?:\/\/)?(drive|docs)\.google\.com\//i.test(address())

  async function read(): Promise<void> {
    const url = address().trim()
    if (url === '') return
    // The page shows how far it is, and what went wrong; what was typed stays here.
    props.onOpenChange(false)
    const given = secret().trim()
    await data.openUrl(
      url,
      given === '' ? {} : ofDrive() && GOOGLE_KEY.test(given) ? { key: given } : { token: given },
    )
  }

  return (
    <Dialog title={t('link.title')} open={props.open} onOpenChange={props.onOpenChange}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          void read()
        }}
      >
        <p class="quiet">{t('link.lede')}</p>
        <TextField
          label={t('link.address')}
          hint={t('link.hint')}
          placeholder="https://"
          value={address()}
          onChange={setAddress}
        />
        <Show
          when={ofDrive()}
          fallback={
            <TextField
              label={t('link.token')}
              hint={t('link.tokenHint')}
              value={secret()}
              onChange={setSecret}
              secret
            />
          }
        >
          <p>{t('link.drive')}</p>
          <TextField
            label={t('link.driveKey')}
            hint={t('link.driveHow')}
            secret
            value={secret()}
            onChange={setSecret}
          />
          <p class="small quiet">{t('link.driveElse')}</p>
        </Show>
        <Button type="submit" kind="primary" class="start" disabled={address().trim() === ''}>
          {t('link.open')}
        </Button>
      </form>
    </Dialog>
  )
}
