import { atMost, type Bench } from "./figures.ts";
import { run } from "./measure.ts";

const GROUP = "Start-up";

interface Archive {
  size: number;
  unpackedSize: number;
  entryCount: number;
}

/** What casr takes to start when there is nothing to read, and how large its package is. */
export async function measureStart(bench: Bench): Promise<void> {
  const { bare, host, version } = bench.yardsticks;
  bench.addStart(GROUP, "node -e 0", bare);
  bench.addStart(GROUP, "import @oclif/core/execute", host);
  const allowed = atMost(version.wall / host.wall, 2.5, "node that imports @oclif/core/execute");
  bench.addStart(GROUP, "casr --version", version, [allowed]);
  await bench.inHome(async (home) => {
    for (const [name, args] of [
      ["casr --help", ["--help"]],
      ["casr list --help", ["list", "--help"]],
      ["casr list, nothing there", ["list", "--all", "--json"]],
      ["completion of a command", ["complete", "bash", "1", "--", "re"]],
    ] as const) {
      // Once more before: the code of a command is compiled in its first run and kept.
      await bench.casr(home, [...args]);
      bench.addStart(GROUP, name, await bench.casrOften(9, home, [...args]));
    }
  });
  const packing = ["pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=silent"];
  const setting = { ...bench.setting(bench.root), env: process.env, cwd: bench.root };
  const packed = await run("npm", packing, setting);
  const [archive] = JSON.parse(packed.stdout) as [Archive];
  const kb = (bytes: number): string => `${Math.round(bytes / 1024)} KB`;
  bench.say(
    `npm package: ${archive.entryCount} files, ${kb(archive.size)}, ${kb(archive.unpackedSize)} unpacked`,
  );
}
