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
} as const
