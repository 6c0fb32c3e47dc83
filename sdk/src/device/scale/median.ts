/** The middle of the sorted values, the mean of the two middle ones when their count is even. Throws a `RangeError` for none. */
export function median(values: readonly number[]): number {
	if (values.length === 0) throw new RangeError("The median of no values does not exist.");
	const sorted = values.slice().sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	const upper = sorted[middle]!;
	return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}
