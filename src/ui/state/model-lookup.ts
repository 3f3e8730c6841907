import { batch, createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import { HUB_ENDPOINT, type ModelAddress, parseModelAddress } from '../../protocol/model-address.ts'
import type { HubAccess, RemoteModel, Studio } from '../../protocol/studio.ts'
import { recall, remember } from './memory.ts'

/** As `workers/hub-oauth.ts` finds it: by the page of a static Space, or by this page's own head. */
const registered = (): boolean =>
  'huggingface' in window || document.querySelector('meta[name="huggingface-client-id"]') !== null

export type ModelLookup = ReturnType<typeof createModelLookup>

/** A model elsewhere that is looked at before it is fetched, and the account that it may take. Nothing is asked but at a press. */
export function createModelLookup(studio: Studio) {
  const [text, setText] = createSignal('')
  const [endpoint, setEndpointText] = createSignal(
    recall<{ endpoint: string }>('hub')?.endpoint ?? HUB_ENDPOINT,
  )
  const [found, setFound] = createSignal<RemoteModel | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [busy, setBusy] = createSignal(false)
  const [access, setAccess] = createSignal<HubAccess | null>(null)
  const [token, setToken] = createSignal('')
  const [keep, setKeep] = createSignal(false)
  const [accessFailure, setAccessFailure] = createSignal<Failure | null>(null)
  const [signing, setSigning] = createSignal(false)
  let asked: AbortController | null = null

  /** Another hub than Hugging Face's own: a mirror, or a school's. It is kept, as a token for it is not. */
  function setEndpoint(address: string): void {
    const own = address.trim().replace(/\/+$/, '') || HUB_ENDPOINT
    batch(() => {
      setEndpointText(own)
      setAccess(null)
      setFound(null)
    })
    remember('hub', own === HUB_ENDPOINT ? null : { endpoint: own })
    void findAccess()
  }

  async function look(address?: ModelAddress): Promise<void> {
    stop()
    const own = (asked = new AbortController())
    batch(() => {
      setFound(null)
      setFailure(null)
      setBusy(true)
    })
    try {
      const model = await studio.models.lookUp(address ?? parseModelAddress(text(), endpoint()), {
        signal: own.signal,
      })
      if (asked === own) setFound(model)
    } catch (error) {
      if (asked === own) setFailure(toFailure(error))
    } finally {
      if (asked === own) setBusy(false)
    }
  }

  function stop(): void {
    asked?.abort()
    asked = null
    setBusy(false)
  }

  function close(): void {
    stop()
    batch(() => {
      setFound(null)
      setFailure(null)
    })
  }

  async function findAccess(): Promise<void> {
    const of = endpoint()
    const now = await studio.models.hubAccess(of).catch(() => null)
    if (endpoint() === of) setAccess(now)
  }

  /** To the Hub's own page; what it sends back is taken when this page opens again. */
  async function goSignIn(): Promise<void> {
    setAccessFailure(null)
    try {
      const page = await studio.models.signInPage()
      if (page !== null) location.assign(page)
    } catch (error) {
      setAccessFailure(toFailure(error))
    }
  }

  /** What the Hub's page sent back, where one comes from there. */
  async function takeSignIn(): Promise<void> {
    try {
      const now = await studio.models.takeSignIn()
      if (now) setAccess(now)
    } catch (error) {
      setAccessFailure(toFailure(error))
    }
  }
  void takeSignIn()

  /** The token leaves the field at once; what was looked at is looked at again with it. */
  async function signIn(): Promise<void> {
    const given = token()
    batch(() => {
      setSigning(true)
      setAccessFailure(null)
    })
    try {
      setAccess(await studio.models.signIn(given, { remember: keep(), endpoint: endpoint() }))
      setToken('')
      const model = found()
      if (model && !model.readable) await look(model.address)
    } catch (error) {
      setAccessFailure(toFailure(error))
    } finally {
      setSigning(false)
    }
  }

  async function signOut(): Promise<void> {
    await studio.models.signOut(endpoint()).catch((error: unknown) => setAccessFailure(toFailure(error)))
    await findAccess()
  }

  return {
    text,
    setText,
    endpoint,
    setEndpoint,
    found,
    failure,
    busy,
    look,
    close,
    stop,
    access,
    findAccess,
    goSignIn,
    /** Whether this host is registered at the Hub, so that people can sign in there. */
    registered,
    token,
    setToken,
    keep,
    setKeep,
    accessFailure,
    signing,
    signIn,
    signOut,
  }
}
