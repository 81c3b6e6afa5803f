export { canonicalTool } from "./tools-read.ts";
export { mcpName, nativeCall } from "./tools-write.ts";
