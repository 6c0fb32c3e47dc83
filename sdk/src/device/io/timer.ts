/** Something that a pending timer can be cancelled with. */
export type TimerHandle = object | number;

/** The subset of Moddable's `timer` module that the firmware uses. Callbacks never run inside `set`. */
export interface Timer {
	/** Calls `callback` once after `milliseconds` (0 or more). */
	set(callback: () => void, milliseconds: number): TimerHandle;
	/** Calls `callback` every `milliseconds`. */
	repeat(callback: () => void, milliseconds: number): TimerHandle;
	/** Cancels. A timer that fired may be cleared inside its own callback only: after that Moddable throws. */
	clear(handle: TimerHandle): void;
}
