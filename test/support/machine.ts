import { cpSync, existsSync, mkdirSync } from "node:fs";
import { posix, win32 } from "node:path";
import type { World } from "casr-cli/provider";
import { createWorld } from "../../src/core/world.ts";
import { temporaryFolder } from "./home.ts";

/** The systems a path is written for. */
export type Platform = "linux" | "darwin" | "win32";

const HOMES: Record<Platform, string> = { linux: "/home/dev", darwin: "/Users/dev", win32: "C:\\Users\\dev" };
/** A place outside the home, such as a variable names. */
const OTHERS: Record<Platform, string> = {
  linux: "/srv/store",
  darwin: "/Volumes/store",
  win32: "D:\\store",
};
/** Where editors keep their settings. */
const SETTINGS: Record<Platform, string> = {
  linux: "~/.config",
  darwin: "~/Library/Application Support",
  win32: "~/AppData/Roaming",
};

/**
 * A path of a table as this platform writes it: `~` is the home, `@` a place outside it, `%` the folder of editors'
 * settings.
 */
export function placed(path: string, platform: Platform): string {
  const whole = path
    .replace(/^%/, SETTINGS[platform])
    .replace(/^~/, HOMES[platform])
    .replace(/^@/, OTHERS[platform]);
  return platform === "win32" ? whole.replaceAll("/", "\\") : whole;
}

/** A machine of any platform, played on folders of this one: `C:\x` is `<root>/C/x`. */
export class Machine {
  readonly #root = temporaryFolder("machine");
  readonly platform: Platform;

  constructor(platform: Platform) {
    this.platform = platform;
  }

  /** Where a path of the played machine is on this one. Windows takes both separators. */
  outside(path: string): string {
    const inside =
      this.platform === "win32" ? path.replaceAll("\\", "/").replace(/^([A-Za-z]):/, "/$1") : path;
    return posix.join(this.#root, posix.resolve("/", inside));
  }

  /** Copies a file or folder of this machine to a path of the played one. */
  put(source: string, path: string): void {
    const to = this.outside(path);
    mkdirSync(posix.dirname(to), { recursive: true });
    cpSync(source, to, { recursive: true });
  }

  has(path: string): boolean {
    return existsSync(this.outside(path));
  }

  /** The machine as a plugin sees it, started in `cwd` (default: the home). Every path it is asked for must be absolute. */
  world(env: Record<string, string>, cwd: string = placed("~", this.platform)): World {
    const home = placed("~", this.platform);
    const base = createWorld({
      home,
      cwd,
      env,
      platform: this.platform,
      warn: () => {},
      now: () => Date.UTC(2026, 10, 21, 12),
    });
    const real = (path: string): string => {
      const rules = this.platform === "win32" ? win32 : posix;
      if (!rules.isAbsolute(path)) throw new Error(`a plugin asked for ${path}, which is not absolute`);
      return this.outside(path);
    };
    const { files } = base;
    return {
      ...base,
      openDatabase: (path) => base.openDatabase(real(path)),
      base64: (source) => base.base64("base64" in source ? source : { ...source, path: real(source.path) }),
      files: {
        stat: (path) => files.stat(real(path)),
        list: (path) => files.list(real(path)),
        realpath: async (path) => ((await files.stat(real(path))) === undefined ? undefined : path),
        read: (path, range) => files.read(real(path), range),
        readText: (path) => files.readText(real(path)),
        json: (path, options) => files.json(real(path), options),
        lines: (path, options) => files.lines(real(path), options),
      },
    };
  }
}
