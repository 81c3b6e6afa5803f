/** A command's output without what stands around it. */
export interface Unframed {
  text: string;
  exitCode?: number;
}

const QUIET = "Command executed successfully.";
const CLOSING = /(?:^|\n)Command failed with exit code: (-?[1-9]\d{0,9})\.$/;

/** Takes what `Bash` of Kimi Code (2.1.0) adds to a command's output off it. Undone by `frame`. */
export function unframe(raw: string, isError: boolean): Unframed {
  if (!isError) return { text: raw === QUIET ? "" : raw };
  const match = CLOSING.exec(raw);
  if (match === null) return { text: raw };
  const exitCode = Number(match[1]);
  const text = raw.slice(0, match.index);
  return { text: text === `Process exited with code ${exitCode}` ? "" : text, exitCode };
}

/** The text that `Bash` itself would have recorded. */
export function frame({ text, exitCode }: Unframed): string {
  if (exitCode === undefined || exitCode === 0) return text === "" ? QUIET : text;
  const said = text === "" ? `Process exited with code ${exitCode}` : text;
  return `${said}\nCommand failed with exit code: ${exitCode}.`;
}

/** Takes the numbers off the lines that `Read` shows; undefined when they are not numbered one after the other. */
export function unnumber(raw: string): string | undefined {
  const lines = raw.split("\n");
  const first = /^(\d{1,9})\t/.exec(lines[0]!)?.[1];
  if (first === undefined || String(Number(first)) !== first) return undefined;
  const plain: string[] = [];
  for (const [at, line] of lines.entries()) {
    const prefix = `${Number(first) + at}\t`;
    if (!line.startsWith(prefix)) return undefined;
    plain.push(line.slice(prefix.length));
  }
  return plain.join("\n");
}

/** A file's lines as `Read` shows them, from line `first` on. */
export function number(text: string, first: number): string {
  return text
    .split("\n")
    .map((line, at) => `${first + at}\t${line}`)
    .join("\n");
}
