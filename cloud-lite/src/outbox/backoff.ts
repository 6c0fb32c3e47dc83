/** How long to wait before the next attempt: 1 s, doubling with each failure, up to `longestMs`. */
export function backoffMs(failures: number, longestMs: number): number {
	return Math.min(longestMs, 1_000 * 2 ** Math.min(Math.max(0, failures - 1), 30));
}
