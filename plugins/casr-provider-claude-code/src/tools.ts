/** The tool table of Claude Code, both ways. */
export { canonicalTool } from "./tools-read.ts";
export { foreignName, nativeCall } from "./tools-write.ts";
