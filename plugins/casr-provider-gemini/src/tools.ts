export { canonicalTool } from "./tools-read.ts";
export { nativeCall } from "./tools-write.ts";
export { DISPLAY_NAMES, mcpDisplayName, mcpParts } from "./tools-table.ts";
