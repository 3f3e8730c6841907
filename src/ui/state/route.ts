import { createSignal, onCleanup } from 'solid-js'

/** The five places, in the order of the work. */
export const PLACES = ['data', 'model', 'train', 'evaluate', 'export'] as const
export type Place = (typeof PLACES)[number]

export function placeOf(hash: string): Place {
  const name = hash.replace(/^#\/?/, '').split(/[/?]/)[0]
  return PLACES.find((place) => place === name) ?? 'data'
}

export function hrefOf(place: Place): string {
  return `#/${place}`
}

/** The place shown, kept in the URL's hash so that reload, back and links work on any static host. */
export function createRoute() {
  const [place, setPlace] = createSignal(placeOf(location.hash))
  const listen = () => setPlace(placeOf(location.hash))
  window.addEventListener('hashchange', listen)
  onCleanup(() => window.removeEventListener('hashchange', listen))
  return {
    place,
    go(next: Place) {
      location.hash = hrefOf(next)
      setPlace(next)
    },
  }
}
