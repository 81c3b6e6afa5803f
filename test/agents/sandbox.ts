import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonValue } from "../../src/session/json.ts";
import { agentsDirectory } from "./install.ts";

/** Where the scratch home appears: recorded sessions name this path, and Codex refuses a home below /tmp. */
export const SANDBOX_HOME = "/home/dev";

/** This machine cannot isolate a process tree; nothing was run. */
export class SandboxUnavailable extends Error {}

export interface Sandbox {
  /** The scratch home, seen from outside. */
  readonly home: string;
  /** Runs a scenario module inside and returns what it returns. */
  run(scenario: URL, input: JsonValue, timeoutMs: number): Promise<JsonValue>;
  remove(): Promise<void>;
}

/**
 * A shell script that, inside fresh namespaces, raises the loopback interface, puts the scratch home at
 * `SANDBOX_HOME` beside the other folders of /home (a checkout or a Node may live there), and gives /tmp a new
 * content but for the folders that are needed: agents leave sockets and logs there, and trip over those of others.
 * Arguments: the sandbox's folder, the folders of /tmp to keep, joined by colons, and the command to run.
 */
const SETUP = `set -eu
root=$1; keep=$2; shift 2
ip link set lo up
stage=$root/stage
mount -t tmpfs tmpfs "$stage"
mkdir "$stage/home" "$stage/tmp"
for entry in /home/*; do
  name=\${entry#/home/}
  [ "$name" = dev ] && continue
  [ -d "$entry" ] || continue
  mkdir "$stage/home/$name"
  mount --rbind "$entry" "$stage/home/$name"
done
mkdir "$stage/home/dev"
mount --bind "$root/home" "$stage/home/dev"
chmod 1777 "$stage/tmp"
IFS=:
for entry in $keep; do
  mkdir -p "$stage$entry"
  mount --rbind "$entry" "$stage$entry"
done
unset IFS
mount --rbind "$stage/home" /home
mount --rbind "$stage/tmp" /tmp
mount -t proc proc /proc 2>/dev/null || true
cd /home/dev
exec "$@"`;

const UNSHARE = ["-r", "-n", "-m", "-p", "--fork", "--kill-child"];
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const INSIDE = fileURLToPath(new URL("inside.ts", import.meta.url));

/** Throws `SandboxUnavailable`, with what to do about it, unless namespaces work here. */
export async function checkSandbox(): Promise<void> {
  const hidden = [REPOSITORY, agentsDirectory(), process.execPath].find((path) =>
    path.startsWith(`${SANDBOX_HOME}/`),
  );
  if (hidden !== undefined)
    throw new SandboxUnavailable(`${hidden} lies where the scratch home is mounted; move it`);
  const sandbox = await createSandbox();
  try {
    const script = `test "$(pwd)" = ${SANDBOX_HOME} && touch ${SANDBOX_HOME}/.ok`;
    const { code, stderr } = await isolated(sandbox.root, ["sh", "-c", script], {}, 20_000);
    if (code === 0 && existsSync(join(sandbox.home, ".ok"))) return;
    throw new SandboxUnavailable(
      `this machine gives no namespaces (unshare ${UNSHARE.join(" ")}; exit ${code}): ${stderr.trim()}\n` +
        "Needed: Linux, util-linux, iproute2, and unprivileged user namespaces or root. On Ubuntu 24.04 and later: " +
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0. In a container: --privileged, or " +
        "--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined.",
    );
  } finally {
    await sandbox.remove();
  }
}

/** A sandbox whose home starts as a copy of `template`, or empty. */
export async function createSandbox(template?: string): Promise<Sandbox & { root: string }> {
  const root = await mkdtemp(join(tmpdir(), "casr-sandbox-"));
  const home = join(root, "home");
  await mkdir(join(root, "stage"));
  if (template === undefined) await mkdir(home);
  else {
    await cp(template, home, { recursive: true, preserveTimestamps: true });
    await makeWritable(home);
  }
  let runs = 0;
  return {
    root,
    home,
    async run(scenario, input, timeoutMs) {
      const name = `run${runs++}`;
      const inputPath = join(root, `${name}.in.json`);
      const outputPath = join(root, `${name}.out.json`);
      await writeFile(inputPath, JSON.stringify(input));
      const argv = [process.execPath, INSIDE, fileURLToPath(scenario), inputPath, outputPath];
      const { code, stderr } = await isolated(root, argv, sandboxEnv(), timeoutMs);
      const output = await readFile(outputPath, "utf8").catch(() => undefined);
      if (output === undefined)
        throw new Error(`sandbox ended with ${code} and no result: ${stderr.slice(-2000)}`);
      const outcome = JSON.parse(output) as { error?: string; result?: JsonValue };
      if (outcome.error !== undefined) throw new Error(outcome.error);
      return outcome.result ?? null;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
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

/** Nothing of the caller's environment gets in: tokens, proxies and settings would change what agents do. */
function sandboxEnv(): Record<string, string> {
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: SANDBOX_HOME,
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    TZ: "UTC",
  };
}

/** What lies in /tmp and is needed inside. */
function keptFolders(root: string): string[] {
  const needed = [root, REPOSITORY, agentsDirectory(), dirname(process.execPath)];
  return needed.filter((folder) => folder.startsWith("/tmp/"));
}

interface Ended {
  code: number | string;
  stderr: string;
}

function isolated(
  root: string,
  argv: readonly string[],
  env: Record<string, string>,
  timeoutMs: number,
): Promise<Ended> {
  const setup = ["sh", "-c", SETUP, "sandbox", root, keptFolders(root).join(":")];
  const path = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...env };
  return new Promise((resolve) => {
    const child = spawn("unshare", [...UNSHARE, ...setup, ...argv], {
      env: path,
      stdio: ["ignore", "ignore", "pipe"],
      cwd: "/",
    });
    let stderr = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => {
      stderr = (stderr + text).slice(-20_000);
    });
    // --kill-child passes this on to the first process inside, and with it ends the whole tree.
    const timer = setTimeout(() => {
      stderr += `\ntimed out after ${timeoutMs} ms`;
      child.kill("SIGKILL");
    }, timeoutMs);
    const settle = (code: number | string): void => {
      clearTimeout(timer);
      resolve({ code, stderr });
    };
    child.once("error", (error) => settle(String(error)));
    child.once("exit", (code, signal) => settle(code ?? signal ?? "nothing"));
  });
}
