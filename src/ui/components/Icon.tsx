/** Line icons on a 20 x 20 grid, drawn for this page. Always decorative: the words stand beside them. */
const PATHS = {
  data: 'M3 5h14M3 10h14M3 15h14M8 5v10',
  model: 'M10 3 3 6.5 10 10l7-3.5L10 3ZM3 10l7 3.5 7-3.5M3 13.5 10 17l7-3.5',
  train: 'M3 3v14h14M6 6c2 6 4 7 11 7.5',
  evaluate: 'M3 4h6v12H3zM11 4h6v12h-6zM5 8h2M13 8h2M5 11h2M13 11h2',
  export: 'M10 3v9M6.5 8.5 10 12l3.5-3.5M4 16.5h12',
  runs: 'M3 5.5h8M3 10h11M3 14.5h6',
  system: 'M10 3.5a6.5 6.5 0 1 0 0 13ZM10 3.5a6.5 6.5 0 0 1 0 13',
  light:
    'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
  dark: 'M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5Z',
  close: 'm5 5 10 10M15 5 5 15',
  down: 'm5.5 8 4.5 4.5L14.5 8',
  up: 'm5.5 12 4.5-4.5 4.5 4.5',
  left: 'm12 5.5-4.5 4.5 4.5 4.5',
  undo: 'M7 4 3.5 7.5 7 11M3.5 7.5H12a4.25 4.25 0 0 1 0 8.5H8',
  right: 'm8 5.5 4.5 4.5L8 14.5',
  check: 'm4.5 10.5 3.5 3.5 7.5-8',
  info: 'M10 2.8a7.2 7.2 0 1 0 0 14.4 7.2 7.2 0 0 0 0-14.4ZM10 9v4.5M10 6.3v.4',
  warning: 'M10 3 2.5 16.5h15L10 3ZM10 8v4M10 14v.4',
  error: 'M6.9 2.8h6.2l4.1 4.1v6.2l-4.1 4.1H6.9l-4.1-4.1V6.9l4.1-4.1ZM10 6.5v4.3M10 13.3v.4',
  help: 'M10 2.8a7.2 7.2 0 1 0 0 14.4 7.2 7.2 0 0 0 0-14.4ZM8 8c.1-2.4 4-2.3 4 0 0 1.5-2 1.6-2 3.2M10 13.5v.4',
  play: 'M6 4v12l10-6L6 4Z',
  stop: 'M5 5h10v10H5z',
  trash: 'M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11',
  folder: 'M2.5 5v10.5h15V6.8H9.8L8 5H2.5Z',
  file: 'M5 2.8h6.5L15 6.3v10.9H5zM11.5 2.8v3.5H15',
  lock: 'M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  add: 'M10 4v12M4 10h12',
} as const

export type IconName = keyof typeof PATHS

export function Icon(props: { name: IconName; size?: number }) {
  return (
    <svg
      viewBox="0 0 20 20"
      width={props.size ?? 20}
      height={props.size ?? 20}
      fill="none"
      stroke="currentColor"
      stroke-width={props.name === 'more' ? 2.2 : 1.5}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      classList={{ along: props.name === 'left' || props.name === 'right' }}
    >
      <path d={PATHS[props.name]} />
    </svg>
  )
}

/** The mark: a cut stone seen from the side. */
export function Gem(props: { size?: number }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={props.size ?? 24}
      height={props.size ?? 24}
      fill="currentColor"
      aria-hidden="true"
    >
      <path d="M7 3.5h4.2L8.3 9H2.6z" opacity=".75" />
      <path d="M12.8 3.5H17L21.4 9h-5.7z" opacity=".9" />
      <path d="M12 3.8 14.8 9H9.2z" opacity=".55" />
      <path d="M2.7 10.2h5.5l2.7 9.6z" opacity=".9" />
      <path d="M9.4 10.2h5.2L12 20.3z" />
      <path d="M15.8 10.2h5.5l-8.2 9.6z" opacity=".65" />
    </svg>
  )
}
