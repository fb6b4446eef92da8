/** CLIENT TRACKING (commands.md §6), which has no effect here beyond being shown. */
export interface Tracking {
  /** 0: none. */
  readonly redirect: number;
  readonly flags: readonly string[];
  readonly prefixes: readonly string[];
  /** CLIENT CACHING was sent, and no other command since. */
  readonly caching: boolean;
}
