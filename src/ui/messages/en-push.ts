/** Pushing an export to the Hugging Face Hub. */
export const push = {
  'push.open': 'Push to the Hugging Face Hub',
  'push.title': 'Push to the Hugging Face Hub',
  'push.lede':
    'Makes a new repository and puts these files into it, all in one commit. What is there already is never written over.',
  'push.repo': 'Repository',
  'push.repoHint': 'Your account or organisation, a slash, and a name that is not taken yet.',
  'push.visibility': 'Who may see it',
  'push.private': 'Private',
  'push.public': 'Public',
  'push.token': 'It needs an access token that may write. It goes to {host} and nowhere else.',
  'push.sends': {
    one: 'Sends {count} file ({size}), and nothing else, to {place}:',
    other: 'Sends {count} files ({size}), and nothing else, to {place}:',
  },
  'push.file': '{name} ({size})',
  'push.commit': 'Their commit is called “{title}”.',
  'push.recite':
    'The name of your data file is in them, and in a card (README.md) the settings with what you typed there. A model can recite rows that it was trained on: whoever gets these files may get at them.',
  'push.go': 'Push',
  'push.going': 'Pushing',
  'push.stop': 'Stop',
  'push.stopped':
    'Stopped. {place} holds all of these files or none: where it is empty, push again, and it goes on.',
  'push.done': 'Pushed. It is at ',
} as const
