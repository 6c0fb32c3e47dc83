import type { VisionEvidence } from "@visionvend/sdk/basket/vision-evidence";

/** One opening of the door, on the service's monotonic clock. */
export interface Opening {
	/** Empty for an opening by force. */
	readonly saleId: string;
	readonly openedAtMs: number;
	readonly closedAtMs: number;
	/** When shelves changed their weight: pictures of these moments are worth a second look. */
	readonly unrest?: readonly { readonly shelf: number; readonly fromMs: number; readonly atMs: number }[] | undefined;
}

/** A picture for people: the shelves before the door opened, or after it closed. */
export interface Picture {
	/** `camera-0-before.jpg`: letters, digits, dashes and one dot. */
	readonly name: string;
	/** `image/jpeg` or `image/png`. */
	readonly mediaType: string;
	readonly bytes: Uint8Array;
}

/** What was seen of an opening. */
export interface Sighting {
	readonly vision: VisionEvidence;
	readonly pictures: readonly Picture[];
}

/** Whoever watches the shelves. */
export interface Eyes {
	/** The door is open since `atMs`: every frame counts now. */
	doorOpened(atMs: number): void;
	/** The door is shut since `atMs`. */
	doorClosed(atMs: number): void;
	/**
	 * What was seen of an opening that is over. It may take its time: whoever asks waits no longer than a sale can. Shelves
	 * without a working camera are blind in it. Rejects when nothing can be said at all.
	 */
	look(opening: Opening): Promise<Sighting>;
}
