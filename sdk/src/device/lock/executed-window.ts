/**
 * The window of a hello moved on to a higher counter: bit i (of 32) says that `counter - i` was executed. What is
 * further back than 31 is forgotten.
 *
 * @param steps how much higher the counter is, 1 or more.
 */
export function movedWindow(executed: number, steps: number): number {
	return steps > 31 ? 0 : (executed << steps) >>> 0;
}

/** The window with the bit of the present counter set. */
export function markedWindow(executed: number): number {
	return (executed | 1) >>> 0;
}
