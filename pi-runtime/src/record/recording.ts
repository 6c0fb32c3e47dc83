/** Whoever records what the cameras see. Times are on the clock of the frames. */
export interface Recording {
	doorOpened(atMs: number): void;
	doorClosed(atMs: number): void;
	/** Keeps the pictures of an opening until they are unpinned. Rejects when the disk takes nothing. */
	pin(id: string, opening: { readonly openedAtMs: number; readonly closedAtMs: number }): Promise<void>;
	unpin(id: string): Promise<void>;
}
