import type { World } from "../provider/world.ts";

/** A world that tells how many bytes of lines have been read through it. */
export function countingWorld(world: World, onBytes: (bytes: number) => void): World {
  return {
    ...world,
    files: {
      ...world.files,
      async *lines(path, options) {
        for await (const line of world.files.lines(path, options)) {
          onBytes(line.bytes.length + 1);
          yield line;
        }
      },
    },
  };
}
