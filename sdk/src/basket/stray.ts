/** Units that stand on a shelf where they do not belong. */
export interface Stray {
	readonly sku: string;
	readonly shelf: number;
	/** 1 or more. */
	readonly count: number;
}
