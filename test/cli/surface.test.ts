import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HOST_COMMANDS } from "../../src/cli/argv.ts";
import { root, sandbox } from "./harness.ts";

interface Flag {
  type: string;
  options?: string[];
  aliases?: string[];
  multiple?: boolean;
  default?: unknown;
  hidden?: boolean;
}
interface Manifest {
  commands: Record<
    string,
    {
      hidden?: boolean;
      summary?: string;
      examples?: unknown[];
      args: Record<string, { required?: boolean; hidden?: boolean }>;
      flags: Record<string, Flag>;
    }
  >;
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, "oclif.manifest.json"), "utf8")) as Manifest;
}

test("the public surface: commands, arguments and flags", async () => {
  const { commands } = await manifest();
  const lines = Object.entries(commands).flatMap(([id, command]) => [
    `${id}${command.hidden === true ? " (hidden)" : ""}`,
    ...Object.entries(command.args).map(
      ([name, arg]) => `  ${name}${arg.hidden === true ? " (hidden)" : ""}`,
    ),
    ...Object.entries(command.flags).map(([name, flag]) => {
      const facts = [
        flag.type === "boolean" ? "" : (flag.options?.join("|") ?? "value"),
        flag.multiple === true ? "…" : "",
      ];
      const aliases = (flag.aliases ?? []).map((alias) => `--${alias}`);
      const fallback =
        flag.type === "boolean" || flag.default === undefined ? "" : `= ${String(flag.default)}`;
      return `  --${name} ${[...facts, fallback, ...aliases].join(" ")}`
        .trimEnd()
        .replaceAll(/(?<=\S) {2,}/g, " ");
    }),
  ]);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("surface.txt");
});

test("every command explains itself, with examples", async () => {
  const { commands } = await manifest();
  const box = await sandbox();
  for (const [id, command] of Object.entries(commands)) {
    if (command.hidden === true) continue;
    expect(command.summary).toMatch(/\.$/);
    expect(command.examples?.length).toBeGreaterThan(0);
    const help = await box.casr([id, "--help"]);
    expect(help.status).toBe(0);
    expect(help.stdout).toContain("EXAMPLES");
    expect(help.stdout).not.toContain("<%");
  }
});

test("the pre-pass knows every command of the host", async () => {
  const { commands } = await manifest();
  const unknown = Object.keys(commands).filter((id) => !HOST_COMMANDS.has(id.split(":")[0]!));
  expect(unknown).toEqual([]);
});

test("the front page shows the short grammar, the agents and the exit statuses", async () => {
  const box = await sandbox();
  for (const words of [[], ["--help"], ["help"], ["-h"]]) {
    const { stdout, status } = await box.casr(words);
    expect(status).toBe(0);
    expect(stdout).toContain("casr -cc SESSION");
    expect(stdout).toMatch(/ty, toy +Toy Agent/);
    expect(stdout).toContain("12 losses refused");
  }
});

test("the start script asks for the Node that package.json asks for", async () => {
  const start = await readFile(join(root, "bin/run.js"), "utf8");
  const oldest = [...start.matchAll(/^ {2}\[(\d+), (\d+), (\d+)\],$/gm)].map((match) =>
    match.slice(1, 4).join("."),
  );
  const { engines } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    engines: { node: string };
  };
  expect(`^${oldest[0]} || >=${oldest[1]}`).toBe(engines.node);
});

test("zod is loaded by the schemas alone, which no command loads", async () => {
  const dist = join(root, "dist");
  const files = (await readdir(dist, { recursive: true })).filter((name) =>
    /^(?:cli|commands|hooks)\b.*\.js$/.test(name),
  );
  const importing = async (what: string): Promise<string[]> => {
    const found = await Promise.all(
      files.map(async (name) => ((await readFile(join(dist, name), "utf8")).includes(what) ? [name] : [])),
    );
    return found.flat().sort();
  };
  expect(await importing('from "zod"')).toEqual(["cli/json/json-schemas.js", "cli/json/schemas.js"]);
  expect(await importing('schemas.js"')).toEqual(["cli/json/json-schemas.js"]);
});
