/** Below 0 when `one` is older than `other`, 0 when they are the same. Both are `major.minor.patch` in whole numbers. */
export function compareVersions(one: string, other: string): number {
	const ours = one.split(".");
	const theirs = other.split(".");
	for (let index = 0; index < 3; index++) {
		const difference = Number(ours[index]) - Number(theirs[index]);
		if (difference !== 0) return difference;
	}
	return 0;
}
