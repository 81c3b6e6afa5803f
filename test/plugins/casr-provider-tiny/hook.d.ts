declare const providers: () => Record<string, unknown>[];
export default providers;
