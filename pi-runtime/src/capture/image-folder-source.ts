import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Clock } from "@visionvend/sdk/clock";
import sharp from "sharp";
import { errorText } from "../error-text.ts";
import { FrameHandover } from "./frame-handover.ts";
import type { EndingFrameSource, FrameListener } from "./frame-source.ts";
import { rgbToI420 } from "./rgb-to-i420.ts";

const pictures: ReadonlySet<string> = new Set([".avif", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"]);

/** More pixels are no picture of a camera: 64 MP, which is 192 MB decoded. */
const mostPixels = 64_000_000;

export interface ImageFolderOptions {
	readonly camera: number;
	readonly folder: string;
	/** What frames measure; pictures of another size are stretched. */
	readonly width: number;
	readonly height: number;
	readonly framesPerSecond: number;
	readonly clock: Clock;
	/** As fast as the listener takes them, none lost; `atMs` goes on at the frame rate. Else in real time, newest wins. */
	readonly everyFrame?: boolean | undefined;
	/** Starts again after the last picture. */
	readonly loop?: boolean | undefined;
	/** A picture that cannot be read is left out, and told here. */
	readonly onProblem?: ((problem: string) => void) | undefined;
}

/** The pictures of a folder in the order of their names (numbers in them count as numbers). */
export class ImageFolderSource implements EndingFrameSource {
	readonly ended: Promise<void>;
	readonly #options: ImageFolderOptions;
	#settle: (outcome: Error | undefined) => void = () => undefined;
	#handover = new FrameHandover(() => undefined);
	#state: EndingFrameSource["state"] = "starting";
	#cancelWait: (() => void) | undefined;
	#sequence = 0;

	constructor(options: ImageFolderOptions) {
		this.#options = options;
		this.ended = new Promise((resolve, reject) => {
			this.#settle = (outcome) => (outcome === undefined ? resolve() : reject(outcome));
		});
		// Who does not ask how it ended is told by `state`.
		this.ended.catch(() => undefined);
	}

	get drops(): Readonly<Record<string, number>> {
		return this.#handover.drops;
	}

	get state(): EndingFrameSource["state"] {
		return this.#state;
	}

	start(onFrame: FrameListener): void {
		this.#handover = new FrameHandover(onFrame);
		this.#play(onFrame).then(
			() => this.#end(undefined),
			(error: unknown) => this.#end(error instanceof Error ? error : new Error(errorText(error))),
		);
	}

	async close(): Promise<void> {
		this.#handover.close();
		this.#end(undefined);
	}

	#end(outcome: Error | undefined): void {
		this.#state = "closed";
		this.#cancelWait?.();
		this.#settle(outcome);
	}

	async #play(onFrame: FrameListener): Promise<void> {
		const { folder, clock, framesPerSecond, everyFrame = false, loop = false } = this.#options;
		const names = (await readdir(folder))
			.filter((name) => pictures.has(extname(name).toLowerCase()))
			.sort(new Intl.Collator("en", { numeric: true }).compare);
		if (names.length === 0)
			throw new Error(`There is no picture in ${folder}: put JPEG, PNG, WebP, TIFF, GIF or AVIF files there.`);
		const startMs = clock.now();
		let place = 0;
		do {
			const before = this.#sequence;
			for (const name of names) {
				const dueMs = startMs + (place * 1_000) / framesPerSecond;
				if (!everyFrame) await this.#waitUntil(dueMs);
				if (this.#isClosed()) return;
				const data = await this.#read(join(folder, name));
				place += 1;
				if (this.#isClosed()) return;
				if (data === undefined) continue;
				this.#state = "running";
				const { camera, width, height } = this.#options;
				const atMs = everyFrame ? dueMs : clock.now();
				const frame = { camera, sequence: this.#sequence, atMs, width, height, data };
				this.#sequence += 1;
				if (everyFrame) await onFrame(frame);
				else this.#handover.offer(frame);
			}
			if (this.#sequence === before) throw new Error(`No picture in ${folder} can be read.`);
		} while (loop);
	}

	/** Asked anew: it changes while a picture is read. */
	#isClosed(): boolean {
		return this.#state === "closed";
	}

	async #read(path: string): Promise<Uint8Array | undefined> {
		const { width, height, onProblem } = this.#options;
		try {
			const rgb = await sharp(path, { limitInputPixels: mostPixels, failOn: "error" })
				.autoOrient()
				.resize(width, height, { fit: "fill" })
				.flatten({ background: "#000" })
				.toColourspace("srgb")
				.raw()
				.toBuffer();
			return rgbToI420(rgb, width, height);
		} catch (error) {
			this.#handover.drop("unreadable");
			onProblem?.(`${path} cannot be read as a picture: ${errorText(error)}`);
			return undefined;
		}
	}

	#waitUntil(atMs: number): Promise<void> {
		const { clock } = this.#options;
		const waitMs = atMs - clock.now();
		if (waitMs <= 0) return Promise.resolve();
		return new Promise((resolve) => {
			const cancel = clock.after(waitMs, resolve);
			this.#cancelWait = () => {
				cancel();
				resolve();
			};
		});
	}
}
