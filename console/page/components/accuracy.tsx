interface AccuracyProps {
  accuracy: number;
  interval?: { lower: number; upper: number } | undefined;
  baselineAccuracy?: number | undefined;
}

const percent = (value: number) => `${(value * 100).toFixed(1)} %`;

/** An accuracy with its interval on a line from 0 to 1, and the baseline as a mark beside it. */
export function Accuracy({ accuracy, interval, baselineAccuracy }: AccuracyProps) {
  const text = [
    `Accuracy ${accuracy.toFixed(3)}`,
    interval && `95 % interval ${interval.lower.toFixed(3)} to ${interval.upper.toFixed(3)}`,
    baselineAccuracy === undefined ? undefined : `${baselineAccuracy.toFixed(3)} without transfer learning`,
  ];
  return (
    <span class="accuracy">
      <b>{percent(accuracy)}</b>
      <svg
        viewBox="0 0 100 12"
        width="100"
        height="12"
        role="img"
        aria-label={text.filter(Boolean).join(', ')}
      >
        <title>{text.filter(Boolean).join(', ')}</title>
        <line class="rail" x1="0" x2="100" y1="6" y2="6" />
        {interval && (
          <line class="interval" x1={interval.lower * 100} x2={interval.upper * 100} y1="6" y2="6" />
        )}
        {baselineAccuracy !== undefined && <path class="baseline" d={`M${baselineAccuracy * 100} 1v10`} />}
        <circle cx={accuracy * 100} cy="6" r="3.5" />
      </svg>
      {baselineAccuracy !== undefined && <span class="faint">{percent(baselineAccuracy)} without</span>}
    </span>
  );
}
