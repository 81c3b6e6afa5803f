import { mkdirSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  NAMESPACE_ADVICE,
  namespaceProblem,
  openSandbox,
  type Cover,
  type Sandbox,
} from "../../src/probe/index.ts";
import type { ProbeRoute } from "../../src/provider/probe.ts";
import { agentsDirectory } from "./install.ts";

/** Where the scratch home appears: recorded sessions name this path, and Codex refuses a home below /tmp. */
export const SANDBOX_HOME = "/home/dev";

/** This machine cannot isolate a process tree; nothing was run. */
export class SandboxUnavailable extends Error {}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** A sandbox whose home is a scratch copy, and both names of that home. */
export interface AgentSandbox extends Sandbox {
  /** The scratch home, seen from outside. */
  readonly home: string;
  /** Where a path of the home inside is outside. */
  outside(path: string): string;
  /** Writes a file of the home, named as seen inside. */
  write(path: string, content: string): Promise<void>;
  /** Makes a folder, named as seen inside. */
  makeFolder(path: string): Promise<void>;
}

/**
 * The scratch home at `SANDBOX_HOME` beside the other folders of /home (a checkout or a Node may live there), and an
 * empty /tmp but for the folders that are needed: agents leave sockets and logs there, and trip over those of others.
 */
async function covers(root: string): Promise<Cover[]> {
  const others = await readdir("/home", { withFileTypes: true });
  const needed = [root, REPOSITORY, agentsDirectory(), dirname(process.execPath)];
  const same = (path: string): { from: string; to: string } => ({ from: path, to: path });
  return [
    {
      path: "/home",
      keep: [
        ...others
          .filter((entry) => entry.isDirectory() && entry.name !== "dev")
          .map((entry) => same(join("/home", entry.name))),
        { from: join(root, "home"), to: SANDBOX_HOME },
      ],
    },
    { path: "/tmp", keep: needed.filter((folder) => folder.startsWith("/tmp/")).map(same), mode: "1777" },
  ];
}

/** Throws `SandboxUnavailable`, with what to do about it, unless namespaces work here. */
export async function checkSandbox(): Promise<void> {
  const hidden = [REPOSITORY, agentsDirectory(), process.execPath].find((path) =>
    path.startsWith(`${SANDBOX_HOME}/`),
  );
  if (hidden !== undefined)
    throw new SandboxUnavailable(`${hidden} lies where the scratch home is mounted; move it`);
  const root = await mkdtemp(join(tmpdir(), "casr-sandbox-"));
  try {
    for (const name of ["home", "stage"]) mkdirSync(join(root, name));
    const problem = await namespaceProblem({
      stage: join(root, "stage"),
      covers: await covers(root),
      cwd: SANDBOX_HOME,
    });
    if (problem !== undefined)
      throw new SandboxUnavailable(`this machine gives no namespaces: ${problem}\n${NAMESPACE_ADVICE}`);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Runs `use` with a sandbox whose home starts as a copy of `template`, and removes it. */
export async function withSandbox<T>(
  options: { template?: string; routes?: readonly ProbeRoute[] },
  use: (sandbox: AgentSandbox) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), "casr-sandbox-"));
  const home = join(root, "home");
  try {
    if (options.template === undefined) await mkdir(home);
    else {
      await cp(options.template, home, { recursive: true, preserveTimestamps: true });
      await makeWritable(home);
    }
    const sandbox = await openSandbox({
      root,
      home: SANDBOX_HOME,
      path: PATH,
      temporary: "/tmp",
      isolation: "namespaces",
      covers: await covers(root),
      routes: options.routes ?? [],
    });
    const outside = (path: string): string => join(home, relative(SANDBOX_HOME, path));
    try {
      return await use({
        ...sandbox,
        home,
        outside,
        async write(path, content) {
          await mkdir(dirname(outside(path)), { recursive: true });
          await writeFile(outside(path), content);
        },
        async makeFolder(path) {
          await sandbox.run({ argv: ["mkdir", "-p", path], cwd: "/", env: {}, timeoutMs: 5000 });
        },
      });
    } finally {
      await sandbox.close();
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** A checkout may be read-only, and a copy keeps the modes of its folders. */
async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makeWritable(path);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode | 0o600);
  }
}
