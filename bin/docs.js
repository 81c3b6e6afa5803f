// Writes the tables of README.md and docs/ that come from the code: fidelity, losses, errors.
// `--check` changes nothing and fails when a table is out of date.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ERROR_CODES, ERROR_TYPES } from "../dist/core/errors.js";
import { LOSS_KINDS } from "../dist/core/losses.js";

const root = new URL("..", import.meta.url);
const AGENTS = ["claude-code", "codex", "gemini"];

const registrations = (
  await Promise.all(
    AGENTS.map(async (slug) =>
      (await import(new URL(`plugins/casr-provider-${slug}/dist/hook.js`, root))).default(),
    ),
  )
).flat();

function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function reasoning({ reasoning: { replays, unsigned, display } }) {
  if (unsigned) return "sent as reasoning, whoever thought it";
  const others = display
    ? "kept in the transcript, not sent (or as text: `--reasoning text`)"
    : "as text with `--reasoning text`";
  return replays.length === 0 ? others : `signed by ${replays.join(", ")}: replayed; others: ${others}`;
}

function images({ images: { user, toolResult, assistant, mediaTypes } }) {
  const places = [user && "prompts", toolResult && "tool results", assistant && "answers"].filter(Boolean);
  return `in ${places.join(" and ")} (${mediaTypes.map((type) => type.replace("image/", "")).join(", ")})`;
}

const ROWS = [
  ["prompts and answers", () => "whole, in order"],
  [
    "tool calls",
    ({ toolCalls: { kinds } }) => `own tools for ${kinds.join(", ")}; others keep their name and arguments`,
  ],
  [
    "tool results",
    ({ toolResults }) =>
      toolResults.errorFlag
        ? "whole, error flag kept"
        : "whole, failures in the text (the format has no flag)",
  ],
  ["images", images],
  ["documents", ({ documents }) => (documents ? "whole" : "named as a loss")],
  ["reasoning", reasoning],
];

const tables = {
  fidelity: table(
    ["to →", ...registrations.map(({ name }) => name)],
    ROWS.map(([name, cell]) => [name, ...registrations.map(({ capabilities }) => cell(capabilities))]),
  ),
  agents: table(
    ["agent", "short names", "store moved by", "verified with"],
    registrations.map(({ name, aliases, homeVariables, verified }) => [
      name,
      aliases.map((alias) => `\`${alias}\``).join(" "),
      homeVariables.map((variable) => `\`${variable}\``).join(" "),
      verified.map(({ version, result }) => (result === "passed" ? version : `${version} (${result})`))[0] ??
        "",
    ]),
  ),
  losses: table(
    ["code", "gravity", "what it means"],
    Object.entries(LOSS_KINDS).map(([code, { severity, message }]) => [`\`${code}\``, severity, message]),
  ),
  errors: table(
    ["exit status", "code", "`error_type`"],
    Object.entries(ERROR_CODES).map(([code, status]) => [
      String(status),
      `\`${code}\``,
      `\`${ERROR_TYPES[code]}\``,
    ]),
  ),
};

const check = process.argv.includes("--check");
let stale = 0;
for (const name of ["README.md", "docs/losses.md", "docs/errors.md"]) {
  const url = new URL(name, root);
  const text = await readFile(url, "utf8");
  const renewed = text.replaceAll(
    /(<!-- table: (\w+) -->\n)[\s\S]*?(\n<!-- end -->)/g,
    (_all, start, key, end) => `${start}${tables[key]}${end}`,
  );
  if (renewed === text) continue;
  stale += 1;
  if (check) process.stderr.write(`${fileURLToPath(url)} is out of date; run: npm run docs\n`);
  else await writeFile(url, renewed);
}
process.exitCode = check && stale > 0 ? 1 : 0;
