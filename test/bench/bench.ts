/** `npm run bench`: start-up, listing and conversion, as ratios that mean the same on another machine. */
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { repeat, run, type Run } from "./measure.ts";
import { bigClaudeSession, bigCodexSession, bigGeminiSession, manySessions } from "./stores.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const casr = join(root, "bin/run.js");
const sizeMb = Number(process.argv.find((word) => word.startsWith("--mb="))?.slice(5) ?? 200);
const sessions = Number(process.argv.find((word) => word.startsWith("--sessions="))?.slice(11) ?? 300);

const rows: string[][] = [];

function row(name: string, measured: Run, baseline: Run, what: string): void {
  const ratio = (measured.seconds / baseline.seconds).toFixed(2);
  rows.push([
    name,
    `${measured.seconds.toFixed(3)} s`,
    `${ratio} × ${what}`,
    `${Math.round(measured.peakMb)} MB`,
  ]);
}

function envOf(home: string): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { PATH, HOME: home, NODE_ENV: "production", NO_COLOR: "1" };
}

async function inHome(action: (home: string) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "casr-bench-"));
  try {
    await action(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function plainRead(path: string): Promise<Run> {
  const start = process.hrtime.bigint();
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) void chunk;
  return {
    seconds: Number(process.hrtime.bigint() - start) / 1e9,
    peakMb: 0,
    status: 0,
    stdout: "",
    stderr: "",
  };
}

const node = process.execPath;

await inHome(async (home) => {
  const env = envOf(home);
  const bare = await repeat(11, () => run(node, ["-e", "0"], env, home));
  const load = "import('@oclif/core/execute')";
  const oclif = await repeat(11, () => run(node, ["--input-type=module", "-e", load], env, root));
  await run(node, [casr, "--version"], env, home);
  rows.push(["node -e 0", `${bare.seconds.toFixed(3)} s`, "1.00", `${Math.round(bare.peakMb)} MB`]);
  row("import @oclif/core/execute", oclif, bare, "node -e 0");
  row("casr --version", await repeat(11, () => run(node, [casr, "--version"], env, home)), bare, "node -e 0");
  row("casr --help", await repeat(7, () => run(node, [casr, "--help"], env, home)), bare, "node -e 0");
});

await inHome(async (home) => {
  const env = envOf(home);
  const bare = await repeat(5, () => run(node, ["-e", "0"], env, home));
  await manySessions(home, sessions);
  const args = [casr, "list", "--all", "--limit", "20", "--json"];
  row(
    `casr list (${sessions} sessions)`,
    await repeat(5, () => run(node, args, env, home)),
    bare,
    "node -e 0",
  );
});

const packing = ["pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=silent"];
const packed = await run("npm", packing, process.env, root);
const [archive] = JSON.parse(packed.stdout) as [{ size: number; unpackedSize: number; entryCount: number }];
const kb = (bytes: number): string => `${Math.round(bytes / 1024)} KB`;
rows.push([
  `npm package (${archive.entryCount} files)`,
  kb(archive.size),
  `${kb(archive.unpackedSize)} unpacked`,
  "",
]);

const MAKERS = { "claude-code": bigClaudeSession, codex: bigCodexSession, gemini: bigGeminiSession };
const TARGETS: Record<string, string> = {
  "claude-code": "codex",
  codex: "claude-code",
  gemini: "claude-code",
};
for (const [source, make] of Object.entries(MAKERS)) {
  await inHome(async (home) => {
    const id = await make(home, sizeMb * 1024 * 1024);
    const target = TARGETS[source]!;
    const env = envOf(home);
    const info = await run(node, [casr, "info", `${source}:${id}`, "--json"], env, home);
    const path = (JSON.parse(info.stdout) as { source_path: string }).source_path;
    const read = await plainRead(path);
    const args = [casr, "resume", `${source}:${id}`, "--to", target, "--json"];
    const measured = await repeat(1, () => run(node, args, env, home));
    const size = Math.round(statSync(path).size / 1024 / 1024);
    row(`${source} → ${target}, ${size} MB, verified`, measured, read, "reading the bytes");
  });
}

const head = ["what", "time", "ratio", "peak memory"];
const table = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
process.stdout.write(`Node ${process.version}, ${process.platform} ${process.arch}\n\n${table}\n`);
const out = process.argv.find((word) => word.startsWith("--out="))?.slice(6);
if (out !== undefined) writeFileSync(out, `${table}\n`);
