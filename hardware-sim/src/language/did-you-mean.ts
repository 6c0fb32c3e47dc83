/** The name that was probably meant, or `undefined` when none is near: at most a third of the letters are wrong. */
export function nearest(wrong: string, names: Iterable<string>): string | undefined {
	let best: string | undefined;
	let bestDistance = Number.POSITIVE_INFINITY;
	for (const name of names) {
		const distance = editDistance(wrong.toLowerCase(), name.toLowerCase());
		if (distance < bestDistance) {
			best = name;
			bestDistance = distance;
		}
	}
	if (best === undefined) return undefined;
	const begins = wrong.length >= 3 && best.toLowerCase().startsWith(wrong.toLowerCase());
	return begins || bestDistance <= Math.max(1, Math.ceil(Math.max(wrong.length, best.length) / 3)) ? best : undefined;
}

/** `; did you mean "take"?`, or, when nothing is near, the names that there are. */
export function didYouMean(wrong: string, names: readonly string[]): string {
	const near = nearest(wrong, names);
	if (near !== undefined) return `; did you mean "${near}"?`;
	return names.length === 0 ? "." : `. There are: ${[...names].sort().join(", ")}.`;
}

/** Damerau-Levenshtein, restricted: letters that swapped their places count as one mistake. */
function editDistance(from: string, to: string): number {
	let twoBack: number[] = [];
	let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
	for (let i = 1; i <= from.length; i++) {
		const row = [i];
		for (let j = 1; j <= to.length; j++) {
			const same = from[i - 1] === to[j - 1];
			let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
			if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
				cost = Math.min(cost, (twoBack[j - 2] ?? 0) + 1);
			row.push(cost);
		}
		twoBack = previous;
		previous = row;
	}
	return previous[to.length] ?? 0;
}
