/** What a conversion goes through, and how much of its time each takes, roughly. */
const STAGES = [
  { name: "open", phase: "reading", weight: 1.2, passes: 1 },
  { name: "survey", phase: "reading", weight: 1.5, passes: 1 },
  { name: "digest", phase: "reading", weight: 0.2, passes: 1 },
  { name: "write", phase: "writing", weight: 2.3, passes: 1 },
  // Opened and read by the target's reader.
  { name: "verify", phase: "verifying", weight: 1.8, passes: 2 },
] as const;

type Stage = (typeof STAGES)[number]["name"];

const WHOLE = STAGES.reduce((sum, { weight }) => sum + weight, 0);

/**
 * How far a conversion is, over all of its passes: a part of the source's bytes that never goes back and reaches
 * all of them at the end, so that rate and remaining time can be told from it.
 */
export class ConversionProgress {
  readonly #total: number;
  readonly #report: (phase: string, done: number, total: number) => void;
  #stage = 0;
  /** Weight of the stages that are through. */
  #passed = 0;
  /** Bytes of one pass of this stage, and those done in all of its passes. */
  #expected: number;
  #done = 0;

  /** `total`: bytes of the source. */
  constructor(total: number, report: (phase: string, done: number, total: number) => void) {
    this.#total = total;
    this.#expected = total;
    this.#report = report;
  }

  /** Begins a stage that has `bytes` to go through (default: those of the source). */
  enter(name: Stage, bytes: number = this.#total): void {
    while (STAGES[this.#stage]!.name !== name && this.#stage < STAGES.length - 1) {
      this.#passed += STAGES[this.#stage]!.weight;
      this.#stage += 1;
    }
    this.#expected = bytes;
    this.#done = 0;
  }

  /** Tells of bytes that were read. */
  add(bytes: number): void {
    this.#done += bytes;
    const { phase, weight, passes } = STAGES[this.#stage]!;
    const share = this.#expected > 0 ? Math.min(this.#done / (this.#expected * passes), 1) : 0;
    const done = Math.floor((this.#total * (this.#passed + weight * share)) / WHOLE);
    this.#report(phase, done, this.#total);
  }
}

/** Most readers go through a session once to open it and once for its messages. */
const PASSES = 2;

/**
 * How far the reading of whole sessions is, several at once, in bytes of these sessions. One that is through counts
 * whole, however little of it had to be read.
 */
export class ReadingProgress {
  readonly #total: number;
  readonly #report: (phase: string, done: number, total: number) => void;
  /** Bytes of sessions that are through, and of parts of others. */
  #done = 0;

  /** `total`: bytes of all sessions that will be read. */
  constructor(total: number, report: (phase: string, done: number, total: number) => void) {
    this.#total = total;
    this.#report = report;
  }

  /** Runs `read` for a session of `size` bytes; it tells how many bytes it reads each time. */
  async through<T>(size: number, read: (onBytes: (bytes: number) => void) => Promise<T>): Promise<T> {
    let own = 0;
    const tell = (more: number): void => {
      const step = Math.min(more, size - own);
      own += step;
      this.#done += step;
      this.#report("reading", Math.floor(this.#done), this.#total);
    };
    try {
      return await read((bytes) => tell(bytes / PASSES));
    } finally {
      tell(size);
    }
  }
}
