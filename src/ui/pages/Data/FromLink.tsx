import { createSignal } from 'solid-js'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { TextField } from '../../components/Field.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Rows from an address: the only way in that asks anything of another machine, and only when told to. */
export function FromLink() {
  const { data } = useApp()
  const [open, setOpen] = createSignal(false)
  const [address, setAddress] = createSignal('')
  const [token, setToken] = createSignal('')

  async function read(): Promise<void> {
    const url = address().trim()
    if (url === '') return
    // The page shows how far it is, and what went wrong; what was typed stays here.
    setOpen(false)
    await data.openUrl(url, token().trim())
  }

  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('link.button')}</Button>
      <Dialog title={t('link.title')} open={open()} onOpenChange={setOpen}>
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
          <TextField label={t('link.token')} hint={t('link.tokenHint')} value={token()} onChange={setToken} />
          <Button type="submit" kind="primary" class="start" disabled={address().trim() === ''}>
            {t('link.open')}
          </Button>
        </form>
      </Dialog>
    </>
  )
}
