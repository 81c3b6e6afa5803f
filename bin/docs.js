// Writes the tables of README.md and docs/ that come from the code: fidelity, losses, errors.
// `--check` changes nothing and fails when a table is out of date.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ERROR_CODES, ERROR_TYPES } from "../dist/core/errors.js";
import { LOSS_KINDS } from "../dist/core/losses.js";
import { TOOL_KINDS } from "../dist/session/tool-types.js";

const root = new URL("..", import.meta.url);
const BUNDLED = new Set(JSON.parse(await readFile(new URL("package.json", root), "utf8")).bundleDependencies);
/** All plugins of this repository: those that come with casr first. */
const PLUGINS = (await readdir(new URL("plugins", root)))
  .filter((name) => name.startsWith("casr-provider-"))
  .sort((a, b) => Number(BUNDLED.has(b)) - Number(BUNDLED.has(a)) || (a < b ? -1 : 1));

const registrations = (
  await Promise.all(
    PLUGINS.map(async (name) =>
      (await import(new URL(`plugins/${name}/dist/hook.js`, root)))
        .default()
        .map((registration) => ({ ...registration, bundled: BUNDLED.has(name) })),
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
  if (places.length === 0) return "named as a loss";
  return `in ${places.join(" and ")} (${mediaTypes.map((type) => type.replace("image/", "")).join(", ")})`;
}

const ROWS = [
  ["own tools for", ({ toolCalls: { kinds } }) => kinds.join(", ")],
  [
    "tool results",
    ({ toolResults }) => (toolResults.errorFlag ? "error flag kept" : "failures in the text (no flag)"),
  ],
  ["images", images],
  [
    "documents",
    ({ documents }) =>
      Array.isArray(documents) ? documents.join(", ") : documents ? "whole" : "named as a loss",
  ],
  ["reasoning", reasoning],
];

/** Reasoning that does not reach the target's model, as `src/core/project/blocks.ts` decides it. */
function lostReasoning({ reasoning: { replays, unsigned, display } }) {
  if (unsigned) return "reasoning that is encrypted (`reasoning-unreadable`)";
  const others = replays.length === 0 ? "reasoning" : `reasoning not signed by ${replays.join(", ")}`;
  return `${others} (\`${display ? "reasoning-not-sent" : "reasoning-lost"}\`, encrypted: \`reasoning-unreadable\`)`;
}

function lostImages({ images: { user, toolResult, failedResult, behindResults, assistant, mediaTypes } }) {
  if (mediaTypes.length === 0) return "images (`image-lost`)";
  const places = [
    !user && "prompts",
    !toolResult && !behindResults && "results",
    toolResult && failedResult === false && !behindResults && "failed results",
    !assistant && "answers",
  ].filter(Boolean);
  const types = mediaTypes.map((type) => type.replace("image/", "")).join(", ");
  return `images in ${[...places, `formats other than ${types}`].join(", in ")} (\`image-lost\`)`;
}

function lostDocuments({ documents }) {
  if (documents === true) return undefined;
  return Array.isArray(documents)
    ? `documents other than ${documents.join(", ")} (\`document-lost\`)`
    : "documents (`document-lost`)";
}

/** What reaches the target's model in another form. */
function changed({ toolCalls: { kinds, unknownNames, inputs }, toolResults, system }) {
  const missing = TOOL_KINDS.filter((kind) => !kinds.includes(kind)).join(", ");
  const foreign =
    missing === ""
      ? "tools outside the common vocabulary"
      : `tools for ${missing}, and outside the vocabulary`;
  return [
    kinds.length === 0
      ? "all tools (`tool-as-text`)"
      : `${foreign} (\`${unknownNames === "keep" ? "foreign-tool" : "tool-as-text"}\`)`,
    toolResults.errorFlag ? undefined : "the error flag of results (`error-flag-as-text`)",
    `inputs that are ${inputs === "object" ? "no objects" : "neither objects nor texts"} (\`input-wrapped\`)`,
    system === "message" ? undefined : "system messages (`role-changed`)",
  ];
}

const phrase = (parts) => parts.filter((part) => part !== undefined).join("; ");

const tables = {
  targets: table(
    ["into", "lost", "changed"],
    registrations.map(({ name, capabilities }) => [
      name,
      phrase([lostReasoning(capabilities), lostImages(capabilities), lostDocuments(capabilities)]),
      phrase(changed(capabilities)),
    ]),
  ),
  fidelity: table(
    ["into", ...ROWS.map(([name]) => name)],
    registrations.map(({ name, capabilities }) => [name, ...ROWS.map(([, cell]) => cell(capabilities))]),
  ),
  agents: table(
    ["agent", "short names", "comes", "store moved by", "proven with the real agent"],
    registrations.map(({ name, slug, aliases, homeVariables, verified, bundled }) => [
      name,
      (aliases.length > 0 ? aliases : [slug]).map((alias) => `\`${alias}\``).join(" "),
      bundled ? "with casr" : `\`casr plugins install ${slug}\``,
      homeVariables.map((variable) => `\`${variable}\``).join(" "),
      verified.find(({ result }) => result === "passed")?.version ??
        "no: written to the letter of its format",
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
