/** Units that came together and expire together. */
export interface Lot {
	readonly id: string;
	readonly code: string;
	/** ISO 8601 date; the last day on which it may be sold. */
	readonly expiresOn: string;
	/** Units that came. */
	readonly quantity: number;
}

/**
 * What is left of each lot when `stock` units are left in all: those that expire first go first, and units of no lot go
 * before all of them.
 */
export function leftOfLots<L extends Lot>(lots: readonly L[], stock: number): (L & { readonly left: number })[] {
	let rest = Math.max(0, stock);
	const lastFirst = [...lots].sort((a, b) => (a.expiresOn < b.expiresOn ? 1 : a.expiresOn > b.expiresOn ? -1 : 0));
	return lastFirst
		.map((lot) => {
			const left = Math.min(lot.quantity, rest);
			rest -= left;
			return { ...lot, left };
		})
		.reverse();
}
