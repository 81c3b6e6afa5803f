import { execFile } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../cli/harness.ts";

const run = promisify(execFile);

/** Gives a provider's folder what `npm install` would put there, from what this repository has. */
export async function install(folder: string): Promise<void> {
  await mkdir(join(folder, "node_modules"), { recursive: true });
  await symlink(root, join(folder, "node_modules", "casr-cli"), "dir");
  await symlink(join(root, "node_modules", "@types"), join(folder, "node_modules", "@types"), "dir");
}

/** Compiles a provider as its own `npm run build` does. Rejects with what the compiler says. */
export async function build(folder: string): Promise<void> {
  try {
    await run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc")], { cwd: folder });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`tsc: ${stdout ?? ""}${stderr ?? ""}`, { cause: error });
  }
}
