export { canonicalTool, mcpParts } from "./tools-read.ts";
export { nativeCall } from "./tools-write.ts";
