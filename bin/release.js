// Releases of casr and its providers, with changesets.
//   npm run release -- add         say what a change means for the next version (a file in .changeset/)
//   npm run release -- version     turn these files into versions and changelogs
//   npm run release -- publish     publish what the registry does not have yet; needs nothing but credentials
// Any other words go to changesets as they are.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MANIFEST = join(ROOT, "package.json");

function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, {
    cwd: ROOT,
    stdio: "inherit",
    shell: process.platform === "win32",
    ...options,
  });
  if (error) throw error;
  return status ?? 1;
}

function mustRun(program, args) {
  const status = run(program, args);
  if (status !== 0) process.exit(status);
}

const readManifest = () => JSON.parse(readFileSync(MANIFEST, "utf8"));
const writeManifest = (manifest) => writeFileSync(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);

/**
 * changesets knows the workspaces only, and casr itself is the root of them. npm does not bear the root
 * in that list, so it is there only while changesets runs.
 */
function changesets(words) {
  const { workspaces } = readManifest();
  const setWorkspaces = (list) => writeManifest({ ...readManifest(), workspaces: list });
  setWorkspaces([".", ...workspaces]);
  try {
    return run("changeset", words);
  } finally {
    setWorkspaces(workspaces);
  }
}

/** Publishes what providers share, the providers, then casr; what the registry has in this version is left alone. */
function publish() {
  const isProvider = (name) => name.startsWith("casr-provider-");
  const names = readdirSync(join(ROOT, "plugins")).sort((a, b) => isProvider(a) - isProvider(b));
  for (const folder of [...names.map((name) => join(ROOT, "plugins", name)), ROOT]) {
    const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const isThere = run("npm", ["view", `${name}@${version}`, "version"], { stdio: "ignore" }) === 0;
    if (isThere) process.stdout.write(`${name} ${version} is published\n`);
    else if (run("npm", ["publish"], { cwd: folder }) !== 0) process.exit(1);
  }
}

const [action = "add", ...rest] = process.argv.slice(2);
if (action === "publish") publish();
else {
  const status = changesets([action, ...rest]);
  if (status !== 0) process.exit(status);
  if (action === "version") {
    mustRun("npm", ["install", "--package-lock-only", "--ignore-scripts"]);
    mustRun("npx", ["oxfmt", "package.json"]);
  }
}
