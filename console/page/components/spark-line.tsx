const WIDTH = 72;
const HEIGHT = 20;

/** Accuracies of what was live, oldest first, as a small line. */
export function SparkLine({ values }: { values: readonly number[] }) {
  if (values.length < 2) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = Math.max(high - low, 0.02);
  const points = values.map((value, index) => {
    const x = 2 + (index / (values.length - 1)) * (WIDTH - 4);
    return `${x.toFixed(1)},${(HEIGHT - 3 - ((value - low) / span) * (HEIGHT - 6)).toFixed(1)}`;
  });
  const [lastX, lastY] = points.at(-1)!.split(',');
  const text = `Accuracy of the last ${values.length} live models, from ${values[0]!.toFixed(3)} to ${values.at(-1)!.toFixed(3)}`;
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={text}
    >
      <title>{text}</title>
      <polyline points={points.join(' ')} />
      <circle cx={lastX} cy={lastY} r="2.5" />
    </svg>
  );
}
