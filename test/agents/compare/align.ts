/** A source element and the run of target elements that stands for it; `from === to` when there is none. */
export interface Aligned {
  source: number;
  from: number;
  to: number;
}

/**
 * Aligns two lists so that as many source elements as possible find their match, in order.
 * `parts(i)` is the longest run of target elements that may stand for source element `i`.
 */
export function align(
  sourceLength: number,
  targetLength: number,
  parts: (source: number) => number,
  matches: (source: number, from: number, to: number) => boolean,
): Aligned[] {
  const width = targetLength + 1;
  const best = new Int32Array((sourceLength + 1) * width);
  const step = new Int32Array((sourceLength + 1) * width);
  // step: 0 = source element stays alone, -1 = skip a target element, n > 0 = match n target elements.
  for (let i = sourceLength - 1; i >= 0; i--) {
    for (let j = targetLength; j >= 0; j--) {
      let score = best[(i + 1) * width + j]!;
      let choice = 0;
      if (j < targetLength && best[i * width + j + 1]! > score) {
        score = best[i * width + j + 1]!;
        choice = -1;
      }
      const limit = Math.min(parts(i), targetLength - j);
      for (let length = 1; length <= limit; length++) {
        const gained = best[(i + 1) * width + j + length]! + 1;
        if (gained > score && matches(i, j, j + length)) {
          score = gained;
          choice = length;
        }
      }
      best[i * width + j] = score;
      step[i * width + j] = choice;
    }
  }
  const aligned: Aligned[] = [];
  let j = 0;
  for (let i = 0; i < sourceLength;) {
    const choice = step[i * width + j]!;
    if (choice === -1) {
      j++;
      continue;
    }
    aligned.push({ source: i, from: j, to: j + choice });
    j += choice;
    i++;
  }
  return aligned;
}
