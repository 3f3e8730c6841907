/** Texts of links to a run, and of how it stands in another page. */
export const share = {
  'link.copy': 'Copy a link to this run',
  'link.copied': 'Copied: whoever opens it has the same run before them.',
  'link.corrections': 'Answers that you put right are not part of it: they quote rows of the data.',
  'link.without': 'Its data are only in this browser: whoever opens the link is asked for {name}.',
  'link.byHand': 'The link, to be copied by hand',
  'embed.open': 'Embed this …',
  'embed.title': 'Put this run into a page of yours',
  'embed.lede':
    'For a tutorial or a blog: whoever reads it trains this run there, on their own machine. Nothing of it is sent anywhere.',
  'embed.kind': 'How',
  'embed.kind.script': 'Script tag',
  'embed.kind.frame': 'Plain frame (iframe)',
  'embed.kind.scriptNote':
    'As high as its content; rows may stand in the page itself, and the page can start, stop and listen (embed.d.ts).',
  'embed.kind.frameNote': 'For places that allow no scripts. It has one height and speaks with nobody.',
  'embed.parts': 'Parts to show',
  'embed.locked': 'Locked, to be read and not changed',
  'embed.lock.data': 'The data',
  'embed.lock.model': 'The model',
  'embed.lock.train': 'The settings',
  'embed.theme': 'Colours',
  'embed.lang': 'Language',
  'embed.lang.own': "The reader's own",
  'embed.studio': 'Address of the studio',
  'embed.studioHint':
    'An address with a version in it (…/v0.1.0/) stays as it is; at any other the studio will change.',
  'embed.rowsInside':
    'The data are only in this browser, and not in the snippet: put rows under the names of the columns.',
  'embed.noRows':
    'The data are only in this browser: readers would have none. Take the script tag, with rows in it.',
  'embed.snippet': 'The snippet',
  'embed.copy': 'Copy the snippet',
  'embed.copied.yes': 'Copied.',
  'embed.copied.no': 'Not copied: select the text and copy it with Ctrl+C or Cmd+C.',
  'embed.preview': 'As it will look',
} as const
