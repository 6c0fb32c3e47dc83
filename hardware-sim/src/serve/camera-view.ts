import { canvasOf } from "../camera/canvas.ts";
import { cameraDelayNs, FridgeCameras } from "../camera/fridge-camera.ts";
import { Wardrobe } from "../camera/wardrobe.ts";
import type { VirtualMachine } from "../machine/virtual-machine.ts";
import { SeededRandom } from "../random.ts";
import type { Hand } from "../world/hand.ts";

/** Pixels; small enough to be drawn whenever something moves. */
const size = Object.freeze({ width: 448, height: 252 });

/** What the two cameras of the fridge see, for the page. They draw only while somebody asks. */
export class CameraView {
	readonly #machine: VirtualMachine;
	readonly #cameras: FridgeCameras;

	constructor(machine: VirtualMachine, hand: Hand, seed: number) {
		this.#machine = machine;
		const random = new SeededRandom(seed).fork("cameras of the page");
		this.#cameras = new FridgeCameras({
			fridge: machine.fridge,
			hand,
			wardrobe: new Wardrobe("validation"),
			random,
			size,
		});
	}

	/** The same text: the same picture, but for its noise. */
	get scene(): string {
		return this.#cameras.sceneAt(this.#atNs);
	}

	/** A JPEG of camera 0 or 1, as it is now. */
	jpeg(camera: 0 | 1): Uint8Array {
		return canvasOf(this.#cameras.picture(camera, this.#atNs)).toBuffer("image/jpeg", 85);
	}

	get #atNs(): number {
		return this.#machine.board.clock.now - cameraDelayNs;
	}
}
