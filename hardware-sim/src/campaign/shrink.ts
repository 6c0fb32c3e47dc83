/**
 * Leaves out what a broken promise does not need: of these names one after the other, for as long as it breaks all the
 * same. `breaks` plays the day without them.
 * @returns what can be left out, all together
 */
export async function shrink(
	names: readonly string[],
	breaks: (without: readonly string[]) => Promise<boolean>,
): Promise<readonly string[]> {
	let without: readonly string[] = [];
	for (const name of names) {
		const more = [...without, name];
		if (await breaks(more)) without = more;
	}
	return without;
}
