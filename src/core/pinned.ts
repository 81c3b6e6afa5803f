import type { SessionRef } from "../provider/reader.ts";
import type { World } from "../provider/world.ts";

/**
 * A world in which the files of a session end where they end now. What an agent appends while casr reads is not
 * there, in no pass and in no digest: they all tell of the same bytes.
 */
export async function pinnedWorld(world: World, ref: SessionRef): Promise<World> {
  const { files } = world;
  const sizes = new Map<string, number>();
  for (const path of ref.files ?? [ref.path]) {
    const stat = await files.stat(path);
    if (stat?.kind === "file") sizes.set(path, stat.size);
  }
  const capped = (path: string, end: number | undefined): number | undefined => {
    const size = sizes.get(path);
    return size === undefined ? end : Math.min(end ?? size, size);
  };
  return {
    ...world,
    files: {
      ...files,
      async stat(path) {
        const stat = await files.stat(path);
        const size = capped(path, stat?.size);
        return stat === undefined || size === undefined ? stat : { ...stat, size };
      },
      read(path, range) {
        const end = capped(path, range?.end);
        return end === undefined
          ? files.read(path, range)
          : files.read(path, { start: range?.start ?? 0, end });
      },
      lines(path, options) {
        // Offsets count decompressed bytes there, and nobody appends to such a file.
        const end = options?.compression === undefined ? capped(path, options?.end) : options.end;
        return files.lines(path, end === undefined ? options : { ...options, end });
      },
    },
  };
}
