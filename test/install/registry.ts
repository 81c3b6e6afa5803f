import { spawn, type ChildProcess } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { mustRun, plainEnvironment } from "./run.ts";
import { verdaccio } from "./tools.ts";

/** A registry on loopback with nothing in it but what is published here: no uplink, no network. */
export interface TestRegistry {
  url: string;
  stop(): Promise<void>;
  /** The same server at the same address again, with what was published. */
  start(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

async function answers(url: string, child: ChildProcess, said: () => string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the registry ended with ${child.exitCode}:\n${said()}`);
    const isUp = await fetch(`${url}-/ping`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the registry does not answer:\n${said()}`);
}

/** Starts Verdaccio with its storage in `folder`. */
export async function startRegistry(folder: string): Promise<TestRegistry> {
  await mkdir(folder, { recursive: true });
  const program = await verdaccio();
  const url = `http://127.0.0.1:${await freePort()}/`;
  // JSON is YAML. Everybody may publish: npm only insists on some token.
  const everybody = { access: "$all", publish: "$all", unpublish: "$all" };
  const config = {
    storage: join(folder, "storage"),
    auth: { htpasswd: { file: join(folder, "htpasswd") } },
    uplinks: {},
    packages: { "**": everybody },
    web: { enable: false },
    log: { type: "stdout", format: "pretty", level: "warn" },
  };
  await writeFile(join(folder, "config.yaml"), JSON.stringify(config));
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const args = [program, "--config", join(folder, "config.yaml"), "--listen", url];
    const started = spawn(process.execPath, args, {
      cwd: folder,
      env: plainEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    child = started;
    await answers(url, started, () => said);
  };
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    // At once: it would wait for connections that nobody closes.
    running.kill("SIGKILL");
    await ended;
  };
  await start();
  return { url, start, stop };
}

/** A change to a package on its way to the registry. */
export interface PackageChange {
  name?: string;
  version?: string;
  /** Rewrites a file: path in the package → text → text. */
  files?: Record<string, (text: string) => string>;
  manifest?: (manifest: Record<string, unknown>) => Record<string, unknown>;
}

/** A copy of a package's folder as its author would have it for a release; sources and dependencies stay behind. */
export async function packageCopy(
  folder: string,
  target: string,
  change: PackageChange = {},
): Promise<string> {
  await rm(target, { recursive: true, force: true });
  const skip = new Set(["node_modules", "src", "test"].map((name) => join(folder, name)));
  await cp(folder, target, { recursive: true, filter: (path) => !skip.has(path) });
  const path = join(target, "package.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  // Built already: a copy has no sources to build from.
  const { private: _private, scripts: _scripts, ...rest } = manifest;
  if (change.name !== undefined) rest["name"] = change.name;
  if (change.version !== undefined) rest["version"] = change.version;
  await writeFile(path, JSON.stringify(change.manifest?.(rest) ?? rest, null, 2));
  for (const [name, rewrite] of Object.entries(change.files ?? {})) {
    await writeFile(join(target, name), rewrite(await readFile(join(target, name), "utf8")));
  }
  return target;
}

/** `npm publish` of a folder. */
export async function publish(folder: string, url: string, home: string): Promise<void> {
  await mkdir(home, { recursive: true });
  await writeFile(join(home, ".npmrc"), `registry=${url}\n//${new URL(url).host}/:_authToken=anybody\n`);
  const env = { ...plainEnvironment(), HOME: home, npm_config_userconfig: join(home, ".npmrc") };
  await mustRun("npm", ["publish", "--access", "public"], { cwd: folder, env });
}
