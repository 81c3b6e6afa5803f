import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** The package under test: the repository, or an unpacked tarball named by CASR_TEST_ROOT. */
export const root = process.env["CASR_TEST_ROOT"] ?? fileURLToPath(new URL("../..", import.meta.url));

/** The folder of the made-up provider. */
export const toyPlugin = fileURLToPath(new URL("toy/casr-provider-toy", import.meta.url));

export interface Outcome {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Called once when stderr first holds `text`. */
  on?: { text: string; act: (pid: number) => void };
  /** Called with the process id as soon as there is one. */
  started?: (pid: number) => void;
}

/** A scratch home with everything casr may touch inside it. */
export interface Sandbox {
  home: string;
  /** A project folder with `.git`, where commands run by default. */
  project: string;
  casr(args: string[], options?: RunOptions): Promise<Outcome>;
  /** Writes a session of the toy agent. */
  session(id: string, header?: object, messages?: object[]): Promise<string>;
  /** Puts a program on the PATH; `script` is its shell code. */
  program(name: string, script: string): Promise<void>;
  /** Links a plugin as `casr plugins link` does. */
  link(name: string, folder: string): Promise<void>;
}

function environment(home: string): Record<string, string> {
  return {
    PATH: [join(home, "bin"), dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
    HOME: home,
    XDG_DATA_HOME: join(home, "xdg-data"),
    XDG_CONFIG_HOME: join(home, "xdg-config"),
    XDG_CACHE_HOME: join(home, "xdg-cache"),
    XDG_STATE_HOME: join(home, "xdg-state"),
    CASR_STATE_HOME: join(home, "casr-state"),
    CASR_CACHE_HOME: join(home, "casr-cache"),
    NODE_ENV: "production",
    TZ: "UTC",
  };
}

function collect(
  command: string,
  args: string[],
  cwd: string,
  env: Record<string, string>,
  { on, started }: RunOptions,
) {
  return new Promise<Outcome>((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const out: Outcome = { status: null, signal: null, stdout: "", stderr: "" };
    if (child.pid !== undefined) started?.(child.pid);
    let waiting = on;
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out.stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      out.stderr += chunk;
      if (waiting === undefined || !out.stderr.includes(waiting.text)) return;
      waiting.act(child.pid!);
      waiting = undefined;
    });
    child.once("error", reject);
    child.once("close", (status, signal) => resolve({ ...out, status, signal }));
  });
}

/** Text of a person. */
export function person(text: string): object {
  return { role: "user", origin: "person", timestamp: 1_763_700_000_000, content: [{ type: "text", text }] };
}

/** Blocks of the model; strings are texts. */
export function model(...blocks: (string | object)[]): object {
  const content = blocks.map((block) => (typeof block === "string" ? { type: "text", text: block } : block));
  return { role: "assistant", timestamp: 1_763_700_001_000, content };
}

/** A sandbox with the toy provider linked; removed after the test. */
export async function sandbox(): Promise<Sandbox> {
  const home = await mkdtemp(join(tmpdir(), "casr-cli-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const project = join(home, "work", "project");
  await mkdir(join(project, ".git"), { recursive: true });
  const plugins: object[] = [];
  const box: Sandbox = {
    home,
    project,
    casr(args, options = {}) {
      const env = { ...environment(home), ...options.env };
      return collect(
        process.execPath,
        [join(root, "bin/run.js"), ...args],
        options.cwd ?? project,
        env,
        options,
      );
    },
    async session(id, header = {}, messages = [person("Please fix it."), model("Done.")]) {
      const path = join(home, ".toy", "sessions", `${id}.jsonl`);
      await mkdir(dirname(path), { recursive: true });
      const lines = [
        {
          agent: "toy",
          title: `Title of ${id}`,
          workspace: project,
          startedAt: 1_763_700_000_000,
          ...header,
        },
      ];
      await writeFile(path, [...lines, ...messages].map((line) => `${JSON.stringify(line)}\n`).join(""));
      return path;
    },
    async program(name, script) {
      const path = join(home, "bin", name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `#!/bin/sh\n${script}\n`);
      await chmod(path, 0o755);
    },
    async link(name, folder) {
      plugins.push({ name, root: folder, type: "link" });
      const data = join(home, "xdg-data", "casr");
      await mkdir(data, { recursive: true });
      const content = { private: true, oclif: { schema: 1, plugins }, dependencies: {} };
      await writeFile(join(data, "package.json"), JSON.stringify(content));
    },
  };
  await box.link("casr-provider-toy", toyPlugin);
  return box;
}
