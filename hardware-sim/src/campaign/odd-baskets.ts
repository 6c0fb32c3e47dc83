/** Baskets with stones and misplaced goods: weights alone cannot tell, and what they say is charged. */
export interface OddBaskets {
	readonly charged: number;
	readonly overchargedCents: number;
	readonly underchargedCents: number;
}

/** Where there was none. */
export const noOddBaskets: OddBaskets = Object.freeze({ charged: 0, overchargedCents: 0, underchargedCents: 0 });
