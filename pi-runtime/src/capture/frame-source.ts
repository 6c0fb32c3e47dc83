import type { Frame } from "./frame.ts";

/** Gets frames. One that returns a promise is busy until it settles; it must not reject. */
export type FrameListener = (frame: Frame) => void | Promise<void>;

/** Where frames come from: a camera, a file, a simulation. */
export interface FrameSource {
	/** Starts, once; each frame is handed over once; a listener that is slow loses frames (newest wins), counted. */
	start(onFrame: FrameListener): void;
	/** Frames that were not handed over, by reason (`busy`, `torn`, `unreadable`). */
	readonly drops: Readonly<Record<string, number>>;
	readonly state: "starting" | "running" | "stalled" | "closed";
	/** No frame comes after it was called. A second call does nothing. */
	close(): Promise<void>;
}

/** A source that has an end: a file, a folder. */
export interface EndingFrameSource extends FrameSource {
	/** Resolves after the last frame, or when closed. Rejects with an `Error` for people when the source cannot be read. */
	readonly ended: Promise<void>;
}
