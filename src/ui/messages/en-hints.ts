/** Texts of the hints that go along with a first visit. */
export const hints = {
  'hints.show': 'Show hints again',
  'hints.hide': 'Hide this hint',
  'hints.learning':
    'The line is how much the right answers surprise the model (its loss). It falls: the model is learning. Below, the same questions are answered before and now.',
  'hints.learnt':
    'Look at the answers below: same question, same model, before and after. On the next page you can ask it something of your own.',
  'hints.ask': 'Ask anything: the answer on one side is the model as it was, on the other as it is now.',
  'hints.take':
    'What was learnt is one small file beside the model (adapter). Take it along, or go back to Data and teach something of your own.',
  'hints.own': 'Now your own: drop a file with questions and answers here, or type a few examples.',
} as const
