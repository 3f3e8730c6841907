import { createSignal, onCleanup } from 'solid-js'
import { PLACES, type Place } from '../../protocol/embed.ts'

export { PLACES, type Place }

/** Places that this page has, and what of its link stays in its address. */
let places: readonly Place[] = PLACES
let kept = ''

/** To be called before anything is drawn. @param query what is kept behind each place, with its `?` */
export function restrictRoute(shown: readonly Place[], query: string): void {
  places = shown.length > 0 ? shown : PLACES
  kept = query
}

export function placeOf(hash: string): Place {
  const name = hash.replace(/^#\/?/, '').split(/[/?]/)[0]
  return places.find((place) => place === name) ?? places[0]!
}

export function hrefOf(place: Place): string {
  return `#/${place}${kept}`
}

/** Whether an address leads to a place that this page does not have. */
export function leadsNowhere(href: string | undefined): boolean {
  return PLACES.some((place) => href === hrefOf(place) && !places.includes(place))
}

/** Whether a hash says more than this page's own do. */
export function saysMore(hash: string): boolean {
  const at = hash.indexOf('?')
  return at >= 0 && hash.slice(at) !== kept
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
      setPlace(placeOf(hrefOf(next)))
    },
  }
}
