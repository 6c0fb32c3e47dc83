import { shelfSize } from "../world/shelf-layout.ts";

/** The light in a cabinet: a lamp above and in front, and what the walls throw back. */
export interface LightSetting {
	/** Brightness where no lamp shines, 0 to 1. */
	readonly ambient: number;
	/** What the lamp adds to a surface that faces it. */
	readonly lamp: number;
	/** Where the lamp is: to the right, up and to the front; any length. */
	readonly from: readonly [right: number, up: number, front: number];
	/** How much darker the back of a shelf is than its front, 0 to 1. */
	readonly falloff: number;
}

/** Brightness of surfaces. */
export class Light {
	readonly #setting: LightSetting;
	readonly #lx: number;
	readonly #ly: number;
	readonly #lz: number;

	constructor(setting: LightSetting) {
		this.#setting = setting;
		const length = Math.hypot(...setting.from) || 1;
		this.#lx = setting.from[0] / length;
		this.#ly = -setting.from[1] / length;
		this.#lz = -setting.from[2] / length;
	}

	/**
	 * Brightness at a point with a unit normal, 1 for the colour as it was painted.
	 * @param footMm height above the body's own foot: the last two centimetres lie in its shadow.
	 */
	at(_x: number, _y: number, z: number, nx: number, ny: number, nz: number, footMm: number): number {
		const { ambient, lamp, falloff } = this.#setting;
		const facing = nx * this.#lx + ny * this.#ly + nz * this.#lz;
		const deep = z <= 0 ? 0 : z / shelfSize.depthMm;
		const foot = footMm > 24 ? 1 : footMm < 0 ? 1 : 0.78 + (0.22 * footMm) / 24;
		// Half Lambert: round things keep their shape on the dark side.
		const soft = 0.5 + 0.5 * facing;
		return (ambient + lamp * soft * soft) * (1 - falloff * deep) * foot;
	}

	/** Reflection of the lamp towards a lens that sees the point in the direction dx, dy, dz, 0 to 1 (Blinn 1977). */
	gloss(nx: number, ny: number, nz: number, dx: number, dy: number, dz: number): number {
		// Not Math.hypot: it guards against overflow and costs ten times as much.
		const distance = Math.sqrt(dx * dx + dy * dy + dz * dz) || 1;
		const hx = this.#lx - dx / distance;
		const hy = this.#ly - dy / distance;
		const hz = this.#lz - dz / distance;
		const cosine = (nx * hx + ny * hy + nz * hz) / (Math.sqrt(hx * hx + hy * hy + hz * hz) || 1);
		if (cosine <= 0.6) return 0;
		const p2 = cosine * cosine;
		const p4 = p2 * p2;
		const p8 = p4 * p4;
		return p8 * p8 * this.#setting.lamp;
	}
}
