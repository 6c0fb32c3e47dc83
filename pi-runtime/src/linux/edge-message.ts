/** What the thread that waits for edges is told. */
export type EdgeOrder =
	| { readonly kind: "watch"; readonly id: number; readonly fd: number }
	| { readonly kind: "forget"; readonly id: number }
	/** Ends the thread. */
	| { readonly kind: "stop" };

/** Edges of one line: whole `struct gpio_v2_line_event`s. */
export interface EdgeReport {
	readonly id: number;
	readonly events: Uint8Array;
}

/** What the thread starts with. */
export interface EdgeWorkerData {
	/** A byte in this pipe says that an order waits. */
	readonly wakeFd: number;
	/** One 32-bit number: how many orders have been carried out. */
	readonly done: SharedArrayBuffer;
}
