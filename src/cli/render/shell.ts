import type { ResumeStep } from "../../provider/writer.ts";

const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/;
const PLAIN_FLAG = /^--?[A-Za-z0-9-]+=[A-Za-z0-9_@%+:,./-]*$/;
/** Controls, and what is invisible or turns the direction of text: none of it may reach a terminal as it is. */
const CONTROL =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]/u;

function ansiC(text: string): string {
  const escaped = [...text].map((character) => {
    if (character === "'" || character === "\\") return `\\${character}`;
    if (!CONTROL.test(character)) return character;
    return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  });
  return `$'${escaped.join("")}'`;
}

/** One word for sh, bash, zsh and fish: plain where safe, else in single quotes, `$'…'` for control characters. */
export function quotePosix(word: string): string {
  if (PLAIN.test(word) || PLAIN_FLAG.test(word)) return word;
  if (CONTROL.test(word)) return ansiC(word);
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** One word for PowerShell, which has no escape for control characters in literal strings: they are left out. */
export function quotePowerShell(word: string): string {
  if (/^[A-Za-z0-9_./:\\-]+$/.test(word)) return word;
  return `'${word.replace(new RegExp(CONTROL, "gu"), "").replaceAll("'", "''")}'`;
}

function posixFolder(path: string): string {
  // Always quoted: the folder is the part people read and edit. A leading dash would be an option.
  const quoted = CONTROL.test(path) ? ansiC(path) : `'${path.replaceAll("'", String.raw`'\''`)}'`;
  return path.startsWith("-") ? `-- ${quoted}` : quoted;
}

function posixStep(step: ResumeStep, isInFolder: boolean): string {
  const env = Object.entries(step.env ?? {}).map(([name, value]) => `${name}=${quotePosix(value)}`);
  const command = [...env, ...step.argv.map(quotePosix)].join(" ");
  return step.cwd === undefined || isInFolder ? command : `cd ${posixFolder(step.cwd)} && ${command}`;
}

function powerShellStep(step: ResumeStep): string {
  const env = Object.entries(step.env ?? {}).map(
    ([name, value]) => `$env:${name} = '${value.replaceAll("'", "''")}'; `,
  );
  const [program = "", ...rest] = step.argv.map(quotePowerShell);
  const command = [program.startsWith("'") ? `& ${program}` : program, ...rest].join(" ");
  const folder =
    step.cwd === undefined ? "" : `Set-Location -LiteralPath '${step.cwd.replaceAll("'", "''")}'; `;
  return `${folder}${env.join("")}${command}`;
}

/** The steps as one command line to paste into the platform's usual shell; undefined when no step is a command. */
export function resumeCommand(steps: ResumeStep[], platform: string): string | undefined {
  const commands = steps.filter((step) => step.argv.length > 0);
  if (commands.length === 0) return undefined;
  if (platform === "win32") return commands.map(powerShellStep).join("; ");
  return commands
    .map((step, index) => {
      const isSameFolder = index > 0 && commands[index - 1]!.cwd === step.cwd;
      return posixStep(step, isSameFolder);
    })
    .join(" && ");
}
