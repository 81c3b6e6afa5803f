// Lists of stores that hold all their sessions in one database: `node test/bench/shared.ts [sessions] [GB of Cursor]`,
// after `npm run build`. Measures whole processes; nothing is kept.
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cursorStore } from "./cursor-store.ts";
import { run, type Run } from "./measure.ts";
import { DATABASE_AGENTS, fillDatabase } from "./sessions/databases.ts";
import { renewedId } from "./sessions/template.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SESSION_BYTES = 8 * 1024;
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));

/** Puts a plugin that does not come with casr into the data folder, as `casr plugins install` does. */
function install(home: string, name: string): void {
  const data = join(home, ".local/share/casr");
  const place = join(data, "node_modules", name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(join(ROOT, "plugins", name), place);
  const oclif = { schema: 1, plugins: [{ name, type: "user", tag: "latest" }] };
  writeFileSync(
    join(data, "package.json"),
    JSON.stringify({ private: true, oclif, dependencies: { [name]: "*" } }),
  );
}

function list(home: string, ...words: string[]): Promise<Run> {
  const env = { PATH: dirname(process.execPath), HOME: home, NODE_ENV: "production" };
  const setting = { env, cwd: home, signal: interrupted.signal };
  return run(process.execPath, [join(ROOT, "bin/run.js"), "list", "--all", ...words], setting);
}

/** Makes a store in a home of its own and says what listing it costs. */
async function measure(name: string, make: (home: string) => Promise<string>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "casr-shared-"));
  try {
    const path = await make(home);
    const size = `${(statSync(path).size / 1e9).toFixed(2)} GB`;
    const runs = {
      first: await list(home),
      warm: await list(home),
      "all, first": await list(home, "--limit", "0", "--json"),
      "all, warm": await list(home, "--limit", "0", "--json"),
    };
    for (const [what, { cpu, wall, peakMb, status }] of Object.entries(runs)) {
      const cells = [
        name,
        size,
        what,
        `${wall.toFixed(2)} s`,
        `${cpu.toFixed(2)} s`,
        `${peakMb.toFixed(0)} MB`,
      ];
      process.stdout.write(`| ${cells.join(" | ")} |${status === 0 ? "" : ` exit ${status}`}\n`);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const sessions = Number(process.argv[2] ?? 5000);
const gigabytes = Number(process.argv[3] ?? 2);
process.stdout.write(
  "| store | size | list | time | CPU | peak memory |\n| --- | --- | --- | --- | --- | --- |\n",
);
await measure(`Cursor, ${sessions} sessions`, async (home) => {
  install(home, "casr-provider-cursor");
  return cursorStore(home, sessions, gigabytes * 1e9, interrupted.signal);
});
for (const agent of DATABASE_AGENTS) {
  await measure(`${agent.slug}, ${sessions} sessions`, (home) => {
    const places = Array.from({ length: sessions }, (_one, index) => ({
      session: renewedId(agent.session, index + 1),
      workspace: agent.workspace,
      shift: -86_400_000 - index * 60_000,
      bytes: SESSION_BYTES,
      number: index + 1,
    }));
    return fillDatabase(home, agent, places, interrupted.signal);
  });
}
