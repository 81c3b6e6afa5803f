import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { repeat, run, type Run, type Setting } from "./measure.ts";

/** One budget of the design: what is allowed, and whether it is kept. */
export interface Budget {
  text: string;
  met: boolean;
}

/** One line of a table. */
export interface Figure {
  group: string;
  name: string;
  run: Run;
  /** The run as a multiple of something every machine can measure. */
  ratio: { value: number; of: string };
  budgets: Budget[];
}

/** Time and memory at one size. */
export interface Point {
  size: number;
  seconds: number;
  peakMb: number;
}

/** How one thing grows with sessions or MB. */
export interface Growth {
  name: string;
  unit: "sessions" | "MB";
  points: Point[];
  /** What is promised: seconds or MB of memory that must not be passed; to say where a line would. */
  limits: { seconds?: number; peakMb?: number };
}

/** What every figure is compared with. */
export interface Yardsticks {
  /** `node -e 0`. */
  bare: Run;
  /** A Node that imports `@oclif/core/execute` and ends. */
  host: Run;
  version: Run;
}

export interface Results {
  figures: Figure[];
  growth: Growth[];
}

/** Collects figures; knows how casr is run and where generated homes are. */
export class Bench {
  readonly root: string;
  readonly signal: AbortSignal;
  readonly #folder: string;
  readonly #figures: Figure[] = [];
  readonly #growth: Growth[] = [];
  #yardsticks: Yardsticks | undefined;

  constructor(root: string, folder: string, signal: AbortSignal) {
    this.root = root;
    this.signal = signal;
    this.#folder = folder;
  }

  get yardsticks(): Yardsticks {
    if (this.#yardsticks === undefined) throw new Error("nothing was calibrated");
    return this.#yardsticks;
  }

  /** Measures what the others are compared with. */
  async calibrate(): Promise<void> {
    await this.inHome(async (home) => {
      const setting = this.setting(home);
      const node = (args: string[], cwd = home): Promise<Run> =>
        run(process.execPath, args, { ...setting, cwd });
      const load = ["--input-type=module", "-e", "import('@oclif/core/execute')"];
      this.say("node and its host");
      await this.casr(home, ["--version"]);
      const bare = await repeat(15, () => node(["-e", "0"]));
      const host = await repeat(11, () => node(load, this.root));
      const version = await repeat(15, () => this.casr(home, ["--version"]));
      this.#yardsticks = { bare, host, version };
    });
  }

  /** One line on stderr: what is being done. */
  say(text: string): void {
    process.stderr.write(`bench: ${text}\n`);
  }

  /** A home folder that exists while `action` runs. */
  async inHome<T>(action: (home: string) => Promise<T>): Promise<T> {
    const home = mkdtempSync(join(this.#folder, "home-"));
    try {
      return await action(home);
    } finally {
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  setting(home: string, env: Record<string, string> = {}): Setting {
    const { PATH } = process.env;
    // The compile cache is in the folder for temporary files, as it is for users; theirs stays untouched.
    const own = { HOME: home, TMPDIR: this.#folder, NODE_ENV: "production", NO_COLOR: "1" };
    return { env: { PATH, ...own, ...env }, cwd: home, signal: this.signal };
  }

  /** Runs casr with a home folder. */
  casr(home: string, args: string[], env: Record<string, string> = {}): Promise<Run> {
    return run(process.execPath, [join(this.root, "bin/run.js"), ...args], this.setting(home, env));
  }

  /** Runs casr several times; `before` is not measured. */
  async casrOften(
    times: number,
    home: string,
    args: string[],
    options: { env?: Record<string, string>; before?: () => void } = {},
  ): Promise<Run> {
    return repeat(times, () => {
      options.before?.();
      return this.casr(home, args, options.env);
    });
  }

  add(figure: Figure): void {
    this.#figures.push(figure);
    const budgets = figure.budgets.map(({ text, met }) => `, ${met ? "met" : "NOT met"}: ${text}`).join("");
    const { wall, peakMb } = figure.run;
    this.say(`${figure.name}: ${wall.toFixed(3)} s, ${Math.round(peakMb)} MB${budgets}`);
  }

  /** A figure as a multiple of `node -e 0`. */
  addStart(group: string, name: string, measured: Run, budgets: Budget[] = []): void {
    const ratio = { value: measured.wall / this.yardsticks.bare.wall, of: "node -e 0" };
    this.add({ group, name, run: measured, ratio, budgets });
  }

  grow(name: string, unit: Growth["unit"], point: Point, limits: Growth["limits"] = {}): void {
    const known = this.#growth.find((one) => one.name === name);
    if (known === undefined) this.#growth.push({ name, unit, points: [point], limits });
    else known.points.push(point);
  }

  results(): Results {
    return { figures: this.#figures, growth: this.#growth };
  }
}

/** A budget on a ratio. */
export function atMost(value: number, limit: number, of: string): Budget {
  return { text: `≤ ${limit} × ${of} (is ${value.toFixed(2)})`, met: value <= limit };
}
