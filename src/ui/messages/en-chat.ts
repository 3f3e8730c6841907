/** Texts of an exported chat page, which knows no others. */
export const chat = {
  title: 'Ask the tuned model',
  whose: '{base} after {step} steps of training, beside {base} as it was before.',
  practice:
    'It is a practice model: far too small to know anything, and good enough to see what training changes.',
  careful:
    'It runs on this device alone; nothing that you write is sent anywhere. It can be wrong, and it may repeat what it was trained on.',
  question: 'Your question (prompt)',
  eachAlone: 'Each question is answered by itself: it knows nothing of those before.',
  both: 'Ask the base model, too',
  longest: 'Longest answer (tokens)',
  ask: 'Ask',
  stop: 'Stop',
  fetching: 'Fetching the model: {done} of {total}',
  preparing: 'Preparing the model …',
  tuned: 'Tuned model',
  base: 'Base model',
  waiting: 'waiting …',
  writing: 'writing …',
  took: '{seconds} s',
  cut: 'not ended: it met the length limit',
  stopped: 'stopped',
  check: 'Check this model',
  checkHint: 'Asks five built-in questions, and compares with what the model did where it was trained.',
  checking: 'checking …',
  works:
    'It works: base and tuned model do here what they did where they were trained (within {away} nats a token; {same} count as the same).',
  withoutEffect:
    'It is loaded but without effect: it answers as the base model did. Put the whole folder on the server, as it was downloaded.',
  differs:
    'It differs from what was trained, by up to {away} nats a token: base/ or adapter/ is another one. Put the whole folder on the server, as it was downloaded.',
} as const
