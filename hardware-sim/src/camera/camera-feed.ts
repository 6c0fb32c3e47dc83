import type { Frame } from "@visionvend/pi-runtime/capture/frame";
import { rgbToI420 } from "@visionvend/pi-runtime/capture/rgb-to-i420";
import type { FridgeCameras } from "./fridge-camera.ts";
import type { PictureSize } from "./view.ts";

const ms = 1_000_000;

interface Shown {
	readonly scene: string;
	readonly age: number;
	readonly data: Uint8Array;
}

/**
 * Frames of the simulated cameras as a Pi takes them. A scene at rest costs nothing: after `freshFrames` pictures with noise of
 * their own the last one comes again, in which a motion gate sees no motion either way.
 */
export class CameraFeed {
	readonly #cameras: FridgeCameras;
	readonly #size: PictureSize;
	readonly #freshFrames: number;
	readonly #last: (Shown | undefined)[] = [];
	#sequence = 0;

	constructor(cameras: FridgeCameras, size: PictureSize, freshFrames: number) {
		this.#cameras = cameras;
		this.#size = size;
		this.#freshFrames = freshFrames;
	}

	/** The frame of a camera at a moment that is past by `cameraDelayNs`. `epochMs`: what the clock of frames says at 0. */
	frame(camera: number, atNs: number, epochMs = 0): Frame {
		const scene = this.#cameras.sceneAt(atNs);
		const last = this.#last[camera];
		const age = last?.scene === scene ? last.age + 1 : 0;
		let data = last?.data;
		if (data === undefined || age < this.#freshFrames) {
			const picture = this.#cameras.picture(camera, atNs, this.#size);
			data = rgbToI420(picture.data, picture.width, picture.height);
		}
		this.#last[camera] = { scene, age, data };
		this.#sequence += 1;
		return { camera, sequence: this.#sequence, atMs: epochMs + atNs / ms, ...this.#size, data };
	}
}
