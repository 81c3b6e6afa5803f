// Copies the agent's store from your home folder into fixtures/<case>/home, to be read by the checks:
//   npm run record -- first
// Then look through the copy: it goes into the repository, with everything you and the agent said.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";

const STORE = ".sampleagent/sessions";

const name = process.argv[2];
if (name === undefined || !/^[a-z0-9][a-z0-9.-]*$/.test(name)) {
  console.error("Name the case: npm run record -- first");
  process.exit(2);
}
const source = join(homedir(), STORE);
if (!existsSync(source)) {
  console.error(`There is nothing in ${source}: use the agent first.`);
  process.exit(1);
}
const home = join(import.meta.dirname, "..", "fixtures", name, "home");
cpSync(source, join(home, STORE), { recursive: true });

for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !/\.(?:jsonl?|md|txt|ya?ml|toml)$/.test(entry.name)) continue;
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text.replaceAll(homedir(), "/home/dev").replaceAll(`"${userInfo().username}"`, '"dev"'),
  );
}
console.log(`Copied to ${home}. Look through it before you commit it.`);
const { status } = spawnSync("casr", ["providers", "check", join(import.meta.dirname, ".."), "--update"], {
  stdio: "inherit",
  shell: process.platform === "win32",
});
process.exit(status ?? 1);
