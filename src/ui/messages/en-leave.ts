/** Texts of sealed mode, and of leaving a computer. */
export const leave = {
  'sealed.mark': 'Sealed',
  'sealed.markAbout': 'Sealed: this page can ask nothing of any address but its own',
  'sealed.away': 'Sealed: nothing is fetched from other addresses, or sent there',
  'sealed.awayText': 'Models and data come from files. Sealed mode is switched off in the menu “This app”.',
  'sealed.elsewhereOn': 'Sealed mode was switched on in another tab',
  'sealed.elsewhereOff': 'Sealed mode was switched off in another tab',
  'sealed.elsewhereText': 'This tab follows when it is loaded again.',
  'sealed.embed': 'Sealed: asks nothing of other addresses',
  'sealed.title': 'Sealed mode',
  'sealed.lede':
    'For data that must not leave this computer. Sealed, the browser itself refuses every request of this page to any other address than the studio’s own (Content Security Policy).',
  'sealed.files':
    'Models and data then come from files alone: the Hub, links and pushing are off. All else works as always.',
  'sealed.stays':
    'It holds for every tab of the studio in this browser, until a person switches it off here. A link can switch it on, and never off.',
  'sealed.address':
    'This browser lets the studio store nothing: sealed mode holds in this tab, until it is closed or switched off here.',
  'sealed.reloads': 'The page is loaded again for it. What is set up is found again.',
  'sealed.busy': 'Something is going on that must not be cut off. Stop it, or wait for its end.',
  'sealed.quote': 'To be quoted, in an application to an ethics board',
  'sealed.statement':
    'Lapidary trains inside the web browser. In sealed mode its page carries a Content Security Policy under which the browser refuses every request of the page and its workers to any other address than {host}, which is asked for the files of the program alone. Data, models, runs and answers are stored in this browser only, and leave it only as files that a person saves. Use is not measured, and nothing is reported to anyone.',
  'sealed.copy': 'Copy the statement',
  'sealed.copied.yes': 'Copied.',
  'sealed.copied.no': 'Not copied: select the text and copy it with Ctrl+C or Cmd+C.',
  'sealed.on': 'Seal the studio',
  'sealed.off': 'Switch sealed mode off',

  'leave.title': 'Leave this computer',
  'leave.lede':
    'For a computer that others use after you. All that the studio keeps in this browser is removed, and nothing brings it back.',
  'leave.what': 'What is kept here',
  'leave.data': 'Data, with what was prepared of them',
  'leave.models': 'Models',
  'leave.downloads': 'Downloads that are not complete',
  'leave.runs': 'Runs, with their checkpoints and evaluations',
  'leave.tokens': 'Access tokens that are remembered',
  'leave.settings': 'Settings, and what was being set up',
  'leave.app': 'The studio itself, for use without internet',
  'leave.none': 'none',
  'leave.count': '{count}',
  'leave.counted': '{count}, {size}',
  'leave.yes': 'yes',
  'leave.sized': '{size}',
  'leave.looking': 'Looking at what is kept here',
  'leave.notFound': 'What is kept here cannot be counted. It is removed all the same.',
  'leave.save': 'Save first what you want to keep: what a run has learnt is saved under Export.',
  'leave.toExport': 'Go to Export',
  'leave.tabs': 'Other tabs of the studio are closed to work: what goes on in them is ended.',
  'leave.sealed': 'That the studio is sealed is a rule for this computer, and stays.',
  'leave.busy': 'Something is going on in this tab. Stop it, or wait for its end.',
  'leave.go': 'Remove everything',
  'leave.stay': 'Keep everything',

  'left.title': 'This computer was left',
  'left.removing': 'Removing what was kept here',
  'left.waiting':
    'Another tab of the studio still holds what is stored, perhaps one that the browser has put to sleep. Close every other tab of it.',
  'left.nothing': 'Nothing of the studio’s is left in this browser',
  'left.looked': 'Looked through: databases, caches, settings, files of its own, the service worker.',
  'left.rest': 'Not all of it could be removed',
  'left.restText': 'Clear the site data of this address in the settings of the browser. Left are:',
  'left.files':
    'Files that were saved are where they were saved. An installed app is removed from the computer by the browser.',
  'left.elsewhere': 'In another tab all that the studio kept in this browser was removed.',
  'left.anew': 'Open the studio anew',
} as const
