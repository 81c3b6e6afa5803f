import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { mustRun, plainEnvironment } from "./run.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface PackedFile {
  path: string;
  size: number;
}

/** What `npm pack --json` says of the host. */
export interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: PackedFile[];
}

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of everything this run makes. */
    scratch: string;
    /** The packed host. */
    tarball: string;
    packed: Packed;
    /** Where the host is installed globally. */
    prefix: string;
  }
}

/** Packs casr as a release would, and installs the tarball globally into a clean prefix. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const scratch = await mkdtemp(join(tmpdir(), "casr-install-"));
  const remove = (): Promise<void> => rm(scratch, { recursive: true, force: true });
  try {
    // The Node this runs on goes first on PATH, as it does for every npm script.
    const path = `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;
    const env = { ...plainEnvironment(), PATH: path };
    const { stdout } = await mustRun("npm", ["pack", "--json", "--pack-destination", scratch], {
      cwd: root,
      env,
    });
    // What prepack prints comes first.
    const [packed] = JSON.parse(stdout.slice(stdout.search(/^\[/m))) as [Packed];
    const tarball = join(scratch, packed.filename);
    const prefix = join(scratch, "prefix");
    await mkdir(prefix);
    const flags = ["--prefix", prefix, "--prefer-offline", "--no-audit", "--no-fund"];
    await mustRun("npm", ["install", "--global", ...flags, tarball], { cwd: scratch, env });
    provide("scratch", scratch);
    provide("tarball", tarball);
    provide("packed", packed);
    provide("prefix", prefix);
  } catch (error) {
    await remove();
    throw error;
  }
  return remove;
}
