import { stripVTControlCharacters } from "node:util";
import type { TerminalStep } from "../../provider/probe.ts";
import { runProcess, type Ended, type ProcessOptions } from "./process.ts";

const ROWS = 40;
const COLUMNS = 120;
/** A screen that has not changed for this long waits for its person. Milliseconds. */
const STILL_MS = 1500;
const POLL_MS = 50;
/** How long a program gets, at least and at most, to draw and store the last answer. Milliseconds. */
const SETTLE_MS = 4000;
const MOST_SETTLE_MS = 15_000;

/** What programs ask of a terminal before they draw, and what an xterm answers. */
const QUERIES: [question: string, answer: string][] = [
  ["\u001b[c", "\u001b[?62;22c"],
  ["\u001b[0c", "\u001b[?62;22c"],
  ["\u001b[6n", "\u001b[1;1R"],
  ["\u001b[5n", "\u001b[0n"],
  ["\u001b]10;?", "\u001b]10;rgb:ffff/ffff/ffff\u001b\\"],
  ["\u001b]11;?", "\u001b]11;rgb:0000/0000/0000\u001b\\"],
  ["\u001b[>0q", "\u001bP>|xterm\u001b\\"],
];

/** `script` from util-linux or BSD gives the program a terminal; Node cannot. */
function terminalArgv(argv: readonly string[], platform: string): string[] {
  const sized = ["sh", "-c", `stty rows ${ROWS} cols ${COLUMNS}; exec "$@"`, "sh", ...argv];
  if (platform === "darwin") return ["script", "-q", "/dev/null", ...sized];
  return ["script", "-q", "-e", "-f", "-c", sized.map(shellWord).join(" "), "/dev/null"];
}

function shellWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What a screen shows, without colours, cursor movements and white space. */
function visible(output: string): string {
  return stripVTControlCharacters(output).replaceAll(/\s+/g, "");
}

export interface TerminalOptions extends ProcessOptions {
  steps: readonly TerminalStep[];
  platform: string;
  /** Whether what the last step asked for has happened: the program is then ended. */
  isDone: () => boolean;
}

/** Runs a program in a pseudo-terminal and types `steps` into it. Its screen is the result's `stdout`. */
export function runInTerminal(argv: readonly string[], options: TerminalOptions): Promise<Ended> {
  const { steps, platform, isDone } = options;
  return runProcess(terminalArgv(argv, platform), options, (child, output, stop) => {
    let next = 0;
    let seen = 0;
    let answered = 0;
    let length = -1;
    let changedAt = Date.now();
    let doneAt: number | undefined;
    const timer = setInterval(() => {
      const { text } = output;
      if (text.length !== length) {
        length = text.length;
        changedAt = Date.now();
      }
      for (const [question, answer] of QUERIES) {
        if (text.indexOf(question, answered) !== -1) child.stdin?.write(answer);
      }
      answered = text.length;
      const still = Date.now() - changedAt >= STILL_MS;
      const step = steps[next];
      if (step !== undefined) {
        const shown = visible(text.slice(seen));
        const ready =
          step.waitFor === undefined ? still : shown.includes(step.waitFor.replaceAll(/\s+/g, ""));
        if (!ready) return;
        seen = text.length;
        next += 1;
        changedAt = Date.now();
        child.stdin?.write(step.type);
        return;
      }
      if (!isDone()) return;
      // The answer still has to be drawn and stored.
      doneAt ??= Date.now();
      const settled = Date.now() - doneAt;
      if ((still && settled >= SETTLE_MS) || settled > MOST_SETTLE_MS) stop();
    }, POLL_MS);
    child.once("exit", () => clearInterval(timer));
    child.once("error", () => clearInterval(timer));
  });
}
