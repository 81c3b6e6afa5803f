import { constants, type BigIntStats } from "node:fs";
import { lstat, mkdir, open, rename, unlink, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode } from "./failure.ts";

/** Windows has no such flag; there the lstat checks before and after opening stand alone. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** What tells one file on disk from another, and whether it changed. Decimal digits: they go into the journal. */
export interface FileIdentity {
  dev: string;
  ino: string;
  size: string;
  mtimeNs: string;
}

export function identityOf(stat: BigIntStats): FileIdentity {
  return { dev: `${stat.dev}`, ino: `${stat.ino}`, size: `${stat.size}`, mtimeNs: `${stat.mtimeNs}` };
}

/** The same inode, whatever its content is now. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** The same inode, and nobody has written to it in between. */
export function isUnchanged(a: FileIdentity, b: FileIdentity): boolean {
  return isSameFile(a, b) && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

/** What is at `path` itself (links are not followed); undefined when nothing is. */
export async function lookAt(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Creates `path`, which must not exist, for writing. */
export function openNew(path: string, mode = 0o600, append = false): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
  return open(path, append ? flags | constants.O_APPEND : flags, mode);
}

/** Opens the regular file at `path`, which must not be a link. `flags` as in `fs.constants`. */
export async function openRegular(path: string, flags: number): Promise<FileHandle> {
  const before = await lstat(path, { bigint: true });
  const handle = await open(path, flags | NO_FOLLOW);
  const opened = await handle.stat({ bigint: true });
  if (opened.isFile() && isSameFile(identityOf(before), identityOf(opened))) return handle;
  await handle.close();
  throw Object.assign(new Error(`${path} is not a regular file`), { code: "ELOOP", path });
}

/** Removes a file; whether there was one. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

/** Makes names in a folder durable. Windows cannot open folders; its file systems order names by themselves. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot do it for folders.
    if (!hasCode(error, "EINVAL", "ENOTSUP", "EOPNOTSUPP")) throw error;
  } finally {
    await handle.close();
  }
}

/** Writes a whole new file and makes its bytes durable (not its name). Times are epoch ms. */
export async function writeNewFile(
  path: string,
  bytes: Uint8Array,
  attributes: { mode?: number; uid?: number; gid?: number; mtimeMs?: number } = {},
): Promise<FileIdentity> {
  const handle = await openNew(path);
  try {
    await handle.writeFile(bytes);
    await takeAttributes(handle, attributes);
    if (attributes.mtimeMs !== undefined)
      await handle.utimes(attributes.mtimeMs / 1000, attributes.mtimeMs / 1000);
    await handle.sync();
    return identityOf(await handle.stat({ bigint: true }));
  } finally {
    await handle.close();
  }
}

/** Gives a new file the owner (only the superuser can) and the mode of the one it replaces. */
export async function takeAttributes(
  handle: FileHandle,
  attributes: { mode?: number; uid?: number; gid?: number },
): Promise<void> {
  const { mode, uid, gid } = attributes;
  if (uid !== undefined && gid !== undefined && process.getuid?.() === 0) await handle.chown(uid, gid);
  if (mode !== undefined) await handle.chmod(mode);
}

/** The mode bits and the owner of a file, for `takeAttributes`. */
export function attributesOf(stat: BigIntStats): { mode: number; uid: number; gid: number } {
  return { mode: Number(stat.mode) & 0o7777, uid: Number(stat.uid), gid: Number(stat.gid) };
}

/** Replaces a file of casr's own state folder: never seen half-written, mode 0600. */
export async function replaceOwnFile(path: string, text: string): Promise<void> {
  const staged = `${path}.tmp`;
  await removeFile(staged);
  await writeNewFile(staged, Buffer.from(text));
  await rename(staged, path);
  await syncFolder(dirname(path));
}

/** Makes one of casr's own folders and those above it, mode 0700. */
export async function makeOwnFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}
