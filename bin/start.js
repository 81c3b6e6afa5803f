// `npm start`: shows casr at work on recorded sessions in a throw-away home.
// `npm start -- <words>`: runs casr itself, on the user's own sessions.
// Either way it builds first when something changed since the last build.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CASR = join(ROOT, "bin", "run.js");

/** Recorded homes the demo puts together (`fixtures/README.md` says what each holds). */
const CASES = [
  "claude-code/interactive-compact",
  "claude-code/rich-headless",
  "codex/exec-gpt55-edit",
  "codex/tui-named-aborted",
  "gemini/basic-tools",
  "gemini/mcp-tools",
];

/** The Codex session of `codex/exec-gpt55-edit` that is converted. */
const CODEX_SESSION = "01a1fc7a-2e96";

/** Everything that could lead an agent's store or casr's own folders out of the throw-away home. */
const FOREIGN_VARIABLE =
  /^(CASR_|XDG_|CLAUDE_|CODEX_|GEMINI_|ANTHROPIC_|OPENAI_|npm_)|^(APPDATA|LOCALAPPDATA|SANDBOX)$/i;

const isTerminal = process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
const paint = (code) => (text) => (isTerminal ? `\u001B[${code}m${text}\u001B[0m` : text);
const strong = paint(1);
const dim = paint(2);
const accent = paint(36);

// `npm start | head` closes our stdout early; the throw-away home must still go.
process.stdout.on("error", (error) => {
  if (error.code !== "EPIPE") throw error;
});

function say(...lines) {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Modification time of the newest file below `folder`, in ms since the epoch. */
function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === "node_modules" || entry.name === "dist" || entry.name === "test") continue;
    const path = join(folder, entry.name);
    time = Math.max(time, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return time;
}

/** The manifest is what a build writes last. */
function isBuilt() {
  const manifest = join(ROOT, "oclif.manifest.json");
  if (!existsSync(manifest) || !existsSync(join(ROOT, "dist", "cli", "main.js"))) return false;
  const built = statSync(manifest).mtimeMs;
  return ["src", "plugins"].every((folder) => newest(join(ROOT, folder)) <= built);
}

/** Builds quietly; says what the compiler said, and ends, when that fails. */
function build() {
  if (isBuilt()) return;
  if (!existsSync(join(ROOT, "node_modules", "@oclif", "core"))) {
    process.stderr.write("The dependencies are not installed yet. Type: npm ci\n");
    process.exit(1);
  }
  if (process.stderr.isTTY) process.stderr.write("Building casr, once…\n");
  const words = ["run", "build", "--silent"];
  // npm tells its scripts where it is, which also works where `npm` is a .cmd file.
  const npm = process.env.npm_execpath;
  const result = npm
    ? spawnSync(process.execPath, [npm, ...words], { cwd: ROOT, encoding: "utf8" })
    : spawnSync("npm", words, { cwd: ROOT, encoding: "utf8", shell: process.platform === "win32" });
  if (result.status === 0) return;
  process.stderr.write(
    `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}\ncasr could not be built.\n`,
  );
  process.exit(1);
}

/** The environment of a machine on which nobody but the demo's user ever worked. */
function environmentOf(home) {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN_VARIABLE.test(name));
  return {
    ...Object.fromEntries(own),
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_DATA_HOME: join(home, ".local", "share"),
    XDG_STATE_HOME: join(home, ".local", "state"),
    XDG_CACHE_HOME: join(home, ".cache"),
    LOCALAPPDATA: join(home, "AppData", "Local"),
    APPDATA: join(home, "AppData", "Roaming"),
    // Where there is no terminal to ask, the demo is laid out for 80 columns.
    COLUMNS: process.env.COLUMNS ?? "80",
  };
}

/** The signal that ended the demo early. */
let interrupted;

/** Runs casr in the demo's home, shown the way a person would type it. Rejects when it fails. */
function casr(words, home) {
  if (interrupted) return Promise.reject(new Error(interrupted));
  say("", strong(`$ casr ${words.join(" ")}`));
  const options = { cwd: home, env: environmentOf(home), stdio: ["ignore", "inherit", "inherit"] };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CASR, ...words], options);
    // casr undoes what it began; then the home goes.
    const pass = (signal) => {
      interrupted = signal;
      child.kill(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, pass);
    child.on("error", reject);
    child.on("exit", (status, signal) => {
      for (const name of signals) process.off(name, pass);
      if (status === 0 && !interrupted) resolve();
      else reject(new Error(`casr ended with ${signal ?? `status ${status}`}`));
    });
  });
}

/** Ids of the Claude Code sessions in a home. */
function claudeSessions(home) {
  const projects = join(home, ".claude", "projects");
  const files = readdirSync(projects).flatMap((folder) => readdirSync(join(projects, folder)));
  return files.filter((name) => name.endsWith(".jsonl")).map((name) => name.slice(0, -".jsonl".length));
}

async function demo() {
  const home = mkdtempSync(join(tmpdir(), "casr-demo-"));
  try {
    for (const name of CASES) cpSync(join(ROOT, "fixtures", name, "home"), home, { recursive: true });
    say(
      "This home folder is a throw-away one with a few recorded sessions of Claude",
      "Code, Codex and Gemini CLI in it. First, everything casr finds there:",
    );
    await casr(["list", "--all"], home);
    const before = new Set(claudeSessions(home));
    say("", "Now the Codex session about add() shall go on in Claude Code:");
    await casr(["cc", "resume", CODEX_SESSION], home);
    const made = claudeSessions(home).find((id) => !before.has(id));
    if (made === undefined) throw new Error("no Claude Code session was written");
    say("", "What Claude Code has now, and where it came from:");
    await casr(["info", made], home);
    rmSync(home, { recursive: true });
    say(
      "",
      strong("What happened"),
      "casr read a Codex rollout, carried every text, call and result over into Claude",
      "Code's own format and tools, and read the new file back to compare the two.",
      "The home was a temporary folder and is gone again; your own sessions were",
      "neither read nor changed.",
      "",
      strong("Next, with your own sessions"),
      `  ${accent("npm start -- list")}             ${dim("the sessions of the current folder")}`,
      `  ${accent("npm start -- list --all")}       ${dim("all of them")}`,
      `  ${accent("npm start -- cc resume <id>")}   ${dim("go on in Claude Code: cod = Codex, gmi = Gemini")}`,
    );
    return 0;
  } catch (error) {
    if (!interrupted) process.stderr.write(`\nThe demo stopped: ${error.message}\n`);
    return interrupted ? 130 : 1;
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

build();
const words = process.argv.slice(2);
if (words.length === 0) {
  process.exitCode = await demo();
} else {
  // npm changes to the package's folder; casr belongs to the folder its user is in. In this same
  // process, so that terminal, signals and exit status are casr's own.
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  process.argv = [process.execPath, CASR, ...words];
  await import("./run.js");
}
