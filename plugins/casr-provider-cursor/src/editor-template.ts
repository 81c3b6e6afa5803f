import type { JsonObject, JsonValue } from "casr-cli/provider";

const LISTS_OF_CONTEXT = [
  "browserSelections",
  "composers",
  "cursorCommands",
  "cursorRules",
  "externalLinks",
  "extraContext",
  "fileSelections",
  "folderSelections",
  "gitPRDiffSelections",
  "selectedCommits",
  "selectedDocs",
  "selectedDocuments",
  "selectedImages",
  "selectedPullRequests",
  "selectedVideos",
  "selections",
  "subagentSelections",
  "terminalFiles",
  "terminalSelections",
];
const LISTS_OF_MENTIONS = [
  "consoleLogs",
  "diffHistory",
  "gitDiff",
  "gitDiffFromBranchToMain",
  "ideEditorsState",
  "uiElementSelections",
];

function each(names: readonly string[], value: () => JsonValue): JsonObject {
  return Object.fromEntries(names.map((name) => [name, value()]));
}

/** What a prompt refers to besides its text: nothing. */
export function emptyContext(): JsonObject {
  const mentions = {
    ...each(
      LISTS_OF_CONTEXT.filter((name) => name !== "extraContext"),
      () => ({}),
    ),
    ...each(LISTS_OF_MENTIONS, () => []),
  };
  return { ...each(LISTS_OF_CONTEXT, () => []), mentions };
}

const LISTS_OF_COMPOSER = [
  "allAttachedFileCodeChunksUris",
  "capabilityContexts",
  "generatingBubbleIds",
  "newlyCreatedFiles",
  "newlyCreatedFolders",
  "queueItems",
  "subComposerIds",
  "subagentComposerIds",
  "todos",
  "trackedGitRepos",
];
const MAPS_OF_COMPOSER = ["codeBlockData", "conversationMap", "originalFileStates", "usageData"];
const OFF_IN_COMPOSER = [
  "applied",
  "applyAgentBackendTypeRestrictions",
  "browserChipManuallyDisabled",
  "browserChipManuallyEnabled",
  "canvasPillCollapsed",
  "debugModeSuggestionUsed",
  "gitHubPromptDismissed",
  "hasUnreadMessages",
  "isApplyingWorktree",
  "isBestOfNParent",
  "isBestOfNSubcomposer",
  "isContinuationInProgress",
  "isCreatingWorktree",
  "isDraft",
  "isFileListExpanded",
  "isProject",
  "isReadingLongFile",
  "isSpec",
  "isSpecSubagentDone",
  "isUndoingWorktree",
  "pendingCreateWorktree",
  "planModeSuggestionUsed",
  "worktreeStartedReadOnly",
];
const ON_IN_COMPOSER = [
  "activeTabsShouldBeReactive",
  "hasChangedContext",
  "hasLoaded",
  "isAgentic",
  "isNAL",
  "isQueueExpanded",
];
const NUMBERS_IN_COMPOSER = [
  "addedFiles",
  "contextUsagePercent",
  "filesChangedCount",
  "removedFiles",
  "stopHookLoopCount",
  "totalLinesAdded",
  "totalLinesRemoved",
];

/**
 * A session's own record with every field Cursor 3.12 to 3.16 gives a new one: the editor does not load sparser
 * ones, and hides those without `hasLoaded`, `isAgentic` and the like.
 */
export function composerDefaults(): JsonObject {
  return {
    _v: 17,
    ...each(LISTS_OF_COMPOSER, () => []),
    ...each(MAPS_OF_COMPOSER, () => ({})),
    ...each(OFF_IN_COMPOSER, () => false),
    ...each(ON_IN_COMPOSER, () => true),
    ...each(NUMBERS_IN_COMPOSER, () => 0),
    activeCustomMode: null,
    pendingExitedCustomMode: null,
    agentBackend: "cursor-agent",
    capabilities: [
      { type: 15, data: { bubbleDataMap: "{}" } },
      ...[19, 33, 32, 23, 16, 24].map((type) => ({ type, data: {} })),
    ],
    context: emptyContext(),
    conversationState: "~",
    forceMode: "edit",
    modelConfig: {
      maxMode: false,
      modelName: "default",
      selectedModels: [{ modelId: "default", parameters: [] }],
    },
    richText: "",
    status: "completed",
    subtitle: "",
    text: "",
    unifiedMode: "agent",
  };
}

const LISTS_OF_BUBBLE = [
  "aiWebSearchResults",
  "approximateLintErrors",
  "assistantSuggestedDiffs",
  "attachedCodeChunks",
  "attachedFolders",
  "attachedFoldersListDirResults",
  "attachedFoldersNew",
  "capabilities",
  "codebaseContextChunks",
  "commits",
  "contextPieces",
  "cursorRules",
  "diffHistories",
  "diffsForCompressingFiles",
  "docsReferences",
  "fileDiffTrajectories",
  "gitDiffs",
  "humanChanges",
  "images",
  "interpreterResults",
  "lints",
  "multiFileLinterErrors",
  "notepads",
  "pullRequests",
  "recentLocationsHistory",
  "recentlyViewedFiles",
  "relevantFiles",
  "suggestedCodeBlocks",
  "summarizedComposers",
  "toolResults",
  "userResponsesToSuggestedCodeBlocks",
  "webReferences",
];

/** A bubble with every field the editor writes. `text` must be there, empty or not. */
export function bubbleDefaults(): JsonObject {
  return {
    _v: 3,
    ...each(LISTS_OF_BUBBLE, () => []),
    attachedHumanChanges: false,
    conversationState: "~",
    existedPreviousTerminalCommand: false,
    existedSubsequentTerminalCommand: false,
    isAgentic: true,
    requestId: "",
    richText: "",
    text: "",
    tokenCount: { inputTokens: 0, outputTokens: 0 },
    unifiedMode: 2,
  };
}
