/** Units of time and of speed, behind numbers. Those of storage (kB, MB, GB) and of science (ms, TFLOP/s) are the same in every language. */
export const format = {
  'format.seconds': '{seconds} s',
  'format.minutes': '{minutes} min',
  'format.minutesSeconds': '{minutes} min {seconds} s',
  'format.hours': '{hours} h',
  'format.hoursMinutes': '{hours} h {minutes} min',
} as const
