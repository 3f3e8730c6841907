import { Slider } from '@kobalte/core/slider'

export interface StopsSliderProps {
  label: string
  /** Ascending values; the thumb moves from one to the next, evenly spaced. */
  stops: readonly number[]
  value: number
  onChange: (value: number) => void
  /** The value in words, with its unit. */
  describe: (value: number) => string
  disabled?: boolean
}

/** A slider over a list of values, which serves even, logarithmic and hand-picked scales alike. */
export function StopsSlider(props: StopsSliderProps) {
  const nearest = () => {
    if (!Number.isFinite(props.value)) return 0
    let best = 0
    for (let i = 1; i < props.stops.length; i++)
      if (Math.abs(props.stops[i]! - props.value) < Math.abs(props.stops[best]! - props.value)) best = i
    return best
  }
  return (
    <Slider
      class="slider"
      value={[nearest()]}
      minValue={0}
      maxValue={props.stops.length - 1}
      step={1}
      disabled={props.disabled ?? false}
      onChange={([index]) => {
        if (index !== undefined && index !== nearest()) props.onChange(props.stops[index]!)
      }}
      getValueLabel={() => props.describe(props.value)}
    >
      <Slider.Track class="slider-track">
        <Slider.Fill class="slider-fill" />
        {/* Without Slider.Input: a focusable input inside an element of role slider is announced twice. */}
        <Slider.Thumb
          class="slider-thumb"
          aria-label={props.label}
          // Else the place of the stop is read, which says nothing.
          aria-valuetext={props.describe(props.value)}
        />
      </Slider.Track>
    </Slider>
  )
}
