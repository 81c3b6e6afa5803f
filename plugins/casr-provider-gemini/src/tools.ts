export { canonicalTool } from "./tools-read.ts";
export { nativeCall } from "./tools-write.ts";
export { DISPLAY_NAMES, mcpDisplayName, mcpServer } from "./tools-table.ts";
