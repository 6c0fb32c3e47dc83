/** The wait after the `failures`-th fruitless try (from 1): 5 s, 10 s, 20 s, 40 s, then 60 s. */
export function backoffMs(failures: number): number {
	return Math.min(5_000 * 2 ** Math.min(failures - 1, 8), 60_000);
}
