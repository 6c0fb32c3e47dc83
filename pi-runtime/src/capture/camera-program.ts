import type { RawLayout } from "./frame-slicer.ts";
import { ProgramRun } from "./program-run.ts";
import type { RawStream } from "./raw-source.ts";

/** A program that writes raw I420 to its standard output, frame after frame. */
export interface CameraProgram {
	/** Its name, found through `PATH`, or a path. */
	readonly program: string;
	readonly words: readonly string[];
	readonly layout: RawLayout;
}

/** The program as a stream for a `RawSource`. */
export function programStream(camera: CameraProgram): RawStream {
	const { program: name, layout } = camera;
	return { name, layout, launch: (listener) => new ProgramRun(camera, listener) };
}
