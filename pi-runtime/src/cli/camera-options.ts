import { isSource, sourceForms } from "../capture/open-frame-source.ts";
import { UsageError } from "./usage-error.ts";

/** The one camera that the words after a command name. Throws a `UsageError`. */
export function cameraSource(command: string, [source, ...more]: readonly string[]): string {
	if (source === undefined || !isSource(source) || more.length > 0)
		throw new UsageError(`${command}: say which camera: ${sourceForms}.`);
	return source;
}

/** `--size WxH`, pixels; I420 needs even numbers. Throws a `UsageError`. */
export function pictureSize(text: string): { readonly width: number; readonly height: number } {
	const [, width, height] = /^(\d{2,4})x(\d{2,4})$/.exec(text)?.map(Number) ?? [];
	if (width === undefined || height === undefined || width % 2 === 1 || height % 2 === 1)
		throw new UsageError(`--size ${text}: give even numbers, such as 1280x720.`);
	return { width, height };
}

/** `--camera N`: which camera of the machine it is, from 0. Throws a `UsageError`. */
export function cameraNumber(text: string): number {
	const camera = Number(text);
	if (!/^\d{1,2}$/.test(text) || camera > 15) throw new UsageError(`--camera ${text}: give a number from 0 to 15.`);
	return camera;
}
