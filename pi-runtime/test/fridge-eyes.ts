import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { demoCatalogue } from "@visionvend/hardware-sim/world/demo-catalogue";
import { Fridge, type Unit } from "@visionvend/hardware-sim/world/fridge";
import type { FridgeHardware } from "@visionvend/hardware-sim/world/fridge-hardware";
import { lookOfProduct } from "@visionvend/hardware-sim/world/product-look";
import { shelfSize } from "@visionvend/hardware-sim/world/shelf-layout";
import { Shopper } from "@visionvend/hardware-sim/world/shopper";
import type { Detection } from "../src/detect/detection.ts";
import type { ObservedFrame } from "../src/events/observed-frame.ts";

export const eyeLabels: readonly string[] = [...demoCatalogue.map(({ sku }) => sku), "hand"];

/** What may be taken for what. */
const lookalikes: Readonly<Record<string, string>> = {
	"orange-juice": "apple-juice",
	"apple-juice": "orange-juice",
	"chicken-sandwich": "egg-sandwich",
	"egg-sandwich": "chicken-sandwich",
	"iced-tea": "lemonade",
	lemonade: "iced-tea",
	cola: "energy-drink",
	"energy-drink": "cola",
	yogurt: "fruit-salad",
	"fruit-salad": "yogurt",
	chips: "mixed-nuts",
	"mixed-nuts": "chips",
	chocolate: "mixed-nuts",
	smoothie: "lemonade",
};

/** How a detector errs. */
export interface EyeFaults {
	/** Part of things in plain sight that a picture misses. */
	readonly miss: number;
	/** Part of looks that hold a thing for its look-alike. */
	readonly confusion: number;
	/** Standard deviation of each edge, as a part of the box. */
	readonly jitter: number;
	/** False boxes a picture. */
	readonly ghosts: number;
}

export const fairEyes: EyeFaults = { miss: 0.03, confusion: 0.04, jitter: 0.015, ghosts: 0.05 };

/** Something that truly happened. */
export interface TrueEvent {
	readonly kind: "taken" | "returned";
	readonly sku: string;
	readonly shelf: number;
	readonly atMs: number;
}

const ms = 1_000_000;
const size = { width: 1_280, height: 720 };
const frameMs = 1_000 / 15;
/** The hand of an action comes before it: what is seen is told so much later. */
const lateMs = 400;
/** From out of sight to the first touch, and from letting go until it is out of sight again. */
const inMs = 350;
const outMs = 450;
const touchMs = 240;

/** A point in the fridge, millimetres: from the left end, below the topmost shelf, behind the front edge. */
interface Point {
	readonly xMm: number;
	readonly yMm: number;
	readonly zMm: number;
}

const idle: FridgeHardware = {
	setLoad: () => undefined,
	setMagnet: () => undefined,
	boltReleased: true,
	onBoltChange: () => undefined,
};

interface Moment {
	readonly atMs: number;
	readonly standing: readonly {
		readonly unit: Unit;
		readonly shelf: number;
		readonly xMm: number;
		readonly zMm: number;
	}[];
}

/** One way of a hand to a shelf and back. Two that overlap in time are two hands. */
interface Gesture {
	readonly shelf: number;
	readonly xMm: number;
	readonly zMm: number;
	readonly atMs: number;
	readonly unit?: Unit | undefined;
	readonly carries: "in" | "out" | "nothing";
}

/** Where the hand is, and whether it holds its unit; `undefined` before it came and after it has gone. */
function gestureAt(
	{ shelf, xMm, zMm, atMs, carries }: Gesture,
	nowMs: number,
): (Point & { readonly holds: boolean }) | undefined {
	const yMm = shelf * shelfSize.spacingMm;
	const there = { xMm, yMm, zMm };
	const lifted = { ...there, yMm: carries === "nothing" ? yMm : yMm - 40 };
	const clear = { ...lifted, zMm: -140 };
	const gone = { xMm: (xMm + shelfSize.widthMm / 2) / 2, yMm: yMm + 290, zMm: -520 };
	const path = [
		{ ...gone, ms: -inMs },
		{ ...clear, ms: -0.4 * inMs },
		{ ...(carries === "in" ? lifted : there), ms: 0 },
		{ ...(carries === "out" ? lifted : there), ms: touchMs },
		{ ...clear, ms: touchMs + 0.4 * outMs },
		{ ...gone, ms: touchMs + outMs },
	];
	const since = nowMs - atMs;
	const next = path.findIndex(({ ms }) => ms >= since);
	const [from, to] = [path[next - 1], path[next]];
	if (from === undefined || to === undefined) return undefined;
	const part = (since - from.ms) / (to.ms - from.ms);
	const soft = part * part * (3 - 2 * part);
	const between = (one: number, other: number) => one + (other - one) * soft;
	return {
		xMm: between(from.xMm, to.xMm),
		yMm: between(from.yMm, to.yMm),
		zMm: between(from.zMm, to.zMm),
		holds: (carries === "out" && since >= 0) || (carries === "in" && since < touchMs),
	};
}

/** A thing before the lens: what covers it in front, and how deep it is. */
interface Drawn {
	readonly label: string | undefined;
	readonly box: readonly [number, number, number, number];
	readonly order: number;
	/** What of the box is solid, where not all of it. */
	readonly solid?: readonly [number, number, number, number] | undefined;
}

/**
 * The demo fridge of the simulator, and what a detector with the given faults would report of it, without drawing a
 * pixel: each thing is the box around its corners in the picture, hidden by what stands in front. For tests of
 * tracking and events, which see nothing but detections.
 */
export class FridgeEyes {
	readonly frames: ObservedFrame[] = [];
	readonly truth: TrueEvent[] = [];
	readonly fridge: Fridge;
	readonly #clock = new SimulationClock();
	readonly #shopper: Shopper;
	readonly #random: SeededRandom;
	readonly #faults: EyeFaults;
	readonly #moments: Moment[] = [];
	readonly #gestures: Gesture[] = [];
	readonly #still = new Map<string, ReturnType<typeof seen>>();
	#nextMs = 0;

	constructor({
		seed,
		faults = fairEyes,
		unitsPerProduct = 6,
	}: { seed: number; faults?: EyeFaults; unitsPerProduct?: number }) {
		this.#random = new SeededRandom(seed);
		this.#faults = faults;
		this.fridge = new Fridge({
			clock: this.#clock,
			random: this.#random.fork("fridge"),
			hardware: idle,
			products: demoCatalogue,
			unitsPerProduct,
		});
		this.#shopper = new Shopper({ fridge: this.fridge, clock: this.#clock });
	}

	get nowMs(): number {
		return this.#clock.now / ms;
	}

	/** Lets time pass, and looks every 1/15 s. */
	wait(durationMs: number): void {
		const untilMs = this.nowMs + durationMs;
		while (this.#nextMs <= untilMs) {
			this.#clock.run(Math.max(0, Math.round(this.#nextMs * ms) - this.#clock.now));
			this.#moments.push({ atMs: this.#nextMs, standing: this.#standing() });
			while (this.#moments[0] !== undefined && this.#moments[0].atMs <= this.#nextMs - lateMs)
				this.#look(this.#moments.shift()!);
			this.#nextMs += frameMs;
		}
		this.#clock.run(Math.max(0, Math.round(untilMs * ms) - this.#clock.now));
	}

	open(): void {
		this.#shopper.open();
		this.wait(900);
	}

	/** Lets the door fall shut and waits for the last picture. */
	close(): void {
		this.#shopper.close();
		this.wait(1_000 + lateMs + frameMs);
	}

	take(sku: string): Unit {
		const before = new Map(this.#standing().map((thing) => [thing.unit, thing]));
		const unit = this.#shopper.take(sku);
		const { shelf, xMm, zMm } = before.get(unit)!;
		this.#gestures.push({ shelf, xMm, zMm, atMs: this.nowMs, unit, carries: "out" });
		this.truth.push({ kind: "taken", sku, shelf, atMs: this.nowMs });
		return unit;
	}

	putBack(unit: Unit, shelf = unit.homeShelf): void {
		this.#shopper.putBack(unit, shelf);
		const { xMm, zMm } = this.#standing().find((thing) => thing.unit === unit)!;
		this.#gestures.push({ shelf, xMm, zMm, atMs: this.nowMs, unit, carries: "in" });
		this.truth.push({ kind: "returned", sku: unit.sku, shelf, atMs: this.nowMs });
	}

	/** A hand comes to a shelf and goes without anything. */
	touch(shelf: number): void {
		this.#gestures.push({ shelf, xMm: 250 + 400 * this.#random.next(), zMm: 0, atMs: this.nowMs, carries: "nothing" });
	}

	#standing(): Moment["standing"] {
		return this.fridge.units.flatMap((unit) => {
			const shelf = this.fridge.placeOf(unit);
			const place = shelf?.placeOf(unit);
			return shelf === undefined || place === undefined ? [] : [{ unit, shelf: shelf.number, ...place }];
		});
	}

	#look({ atMs, standing }: Moment): void {
		const hands = this.#gestures.flatMap((gesture) => {
			const point = gestureAt(gesture, atMs);
			return point === undefined ? [] : [{ point, unit: point.holds ? gesture.unit : undefined }];
		});
		const held = hands.flatMap(({ unit }) => unit ?? []);
		for (const camera of [0, 1]) {
			const things: Drawn[] = [];
			for (const { unit, shelf, xMm, zMm } of standing) {
				if (held.includes(unit) || Math.floor(shelf / 2) !== camera) continue;
				const { widthMm, heightMm, depthMm } = lookOfProduct(unit.sku);
				const box = boxOf(camera, { xMm, yMm: shelf * shelfSize.spacingMm, zMm }, { widthMm, heightMm, depthMm });
				if (box !== undefined) things.push({ label: unit.sku, box, order: (shelf % 2 === 1 ? 10_000 : 5_000) + zMm });
			}
			const board = boxOf(
				camera,
				{ xMm: shelfSize.widthMm / 2, yMm: 2 * camera * shelfSize.spacingMm + 24, zMm: shelfSize.depthMm / 2 },
				{ widthMm: 1_200, heightMm: 24, depthMm: shelfSize.depthMm },
			);
			if (board !== undefined) things.push({ label: undefined, box: board, order: 9_000 });
			for (const { point, unit } of hands) things.push(...handThings(camera, point, unit));
			// What does not move is looked at once.
			const key =
				hands.length === 0 ? `${camera} ${standing.map(({ unit, xMm, zMm }) => `${unit.id} ${xMm} ${zMm}`)}` : "";
			const visible = this.#still.get(key) ?? seen(things);
			if (hands.length === 0) this.#still.set(key, visible);
			this.frames.push({
				camera,
				atMs,
				...size,
				moved: things.some(({ label }) => label === "hand"),
				detections: this.#detect(visible),
			});
		}
	}

	#detect(visible: ReturnType<typeof seen>): Detection[] {
		const { miss, confusion, jitter, ghosts } = this.#faults;
		const random = this.#random;
		const found = visible.flatMap(({ label, box, visibility }): Detection[] => {
			if (label === undefined || visibility < 0.12) return [];
			const isWeak = visibility < 0.3;
			if (random.next() < (isWeak ? 0.5 : miss)) return [];
			const taken = random.next() < confusion ? (lookalikes[label] ?? label) : label;
			const sure = isWeak ? 0.15 + 0.4 * random.next() : 0.72 + 0.26 * random.next();
			const score = taken === label ? sure : 0.45 + 0.25 * random.next();
			const noise = (edge: 0 | 1 | 2 | 3) =>
				jitter * random.gaussian() * (edge % 2 === 0 ? box[2] - box[0] : box[3] - box[1]);
			const noisy = [box[0] + noise(0), box[1] + noise(1), box[2] + noise(2), box[3] + noise(3)] as const;
			const other = lookalikes[label];
			const classScores = Float32Array.from(eyeLabels, (name) => {
				if (name === taken) return score;
				if (name === label || name === other) return taken === label ? 0.1 * random.next() : 0.3;
				return 0.01 * random.next();
			});
			return [{ label: taken, score, box: noisy, classScores }];
		});
		if (random.next() < ghosts) {
			const x = random.next() * 1_150;
			const y = random.next() * 600;
			const label = eyeLabels[Math.floor(random.next() * (eyeLabels.length - 1))] ?? "cola";
			found.push({ label, score: 0.2 + 0.45 * random.next(), box: [x, y, x + 80, y + 110] });
		}
		return found;
	}
}

/** A hand grips a thing at half its height, from the right; the fingers hide a part of it. */
function handThings(camera: number, hand: Point, unit: Unit | undefined): Drawn[] {
	const things: Drawn[] = [];
	const look = unit === undefined ? undefined : lookOfProduct(unit.sku);
	if (unit !== undefined && look !== undefined) {
		const box = boxOf(camera, hand, look);
		if (box !== undefined) things.push({ label: unit.sku, box, order: hand.zMm - 1 });
	}
	const grip = {
		xMm: hand.xMm + (look?.widthMm ?? 30) / 2 + 8,
		yMm: hand.yMm - (look?.heightMm ?? 120) / 2 + 55,
		zMm: hand.zMm - 20,
	};
	const box = boxOf(camera, grip, { widthMm: 75, heightMm: 110, depthMm: 130 });
	if (box !== undefined) {
		const [x1, y1, x2, y2] = box;
		// Palm and wrist are at the right; between the fingers there is more to see than there is hidden.
		const solid = [x1 + 0.45 * (x2 - x1), y1 + 0.25 * (y2 - y1), x2, y1 + 0.8 * (y2 - y1)] as const;
		things.push({ label: "hand", box, order: hand.zMm - 2, solid });
	}
	return things;
}

const pitch = (18.6 * Math.PI) / 180;

/** The box around the eight corners of a body whose foot's middle is given; undefined outside of the picture. */
function boxOf(
	camera: number,
	foot: Point,
	body: { readonly widthMm: number; readonly heightMm: number; readonly depthMm: number },
): readonly [number, number, number, number] | undefined {
	const corners = [-0.5, 0.5].flatMap((x) =>
		[0, -1].flatMap((y) =>
			[-0.5, 0.5].map((z) =>
				project(camera, foot.xMm + x * body.widthMm, foot.yMm + y * body.heightMm, foot.zMm + z * body.depthMm),
			),
		),
	);
	const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value));
	const xs = corners.map(([x]) => clamp(x, size.width));
	const ys = corners.map(([, y]) => clamp(y, size.height));
	const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
	return box[2] - box[0] < 4 || box[3] - box[1] < 4 ? undefined : box;
}

/** As the simulator's cameras stand: 860 mm in front, 300 mm above the upper of their two shelves. */
function project(camera: number, xMm: number, yMm: number, zMm: number): readonly [number, number] {
	const [dx, dy, dz] = [xMm - shelfSize.widthMm / 2, yMm - (2 * camera * shelfSize.spacingMm - 300), zMm + 860];
	const depth = Math.max(50, Math.sin(pitch) * dy + Math.cos(pitch) * dz);
	const down = Math.cos(pitch) * dy - Math.sin(pitch) * dz;
	const focal = 0.93 * size.width;
	return [size.width / 2 + (focal * dx) / depth, size.height / 2 + (focal * down) / depth];
}

const cell = 5;
const columns = size.width / cell;
const rows = size.height / cell;

/** What is left to be seen of each thing when the nearer ones are painted over it. */
function seen(
	things: readonly Drawn[],
): { label: string | undefined; box: readonly [number, number, number, number]; visibility: number }[] {
	const owner = new Int16Array(columns * rows).fill(-1);
	const painted = [...things].sort((a, b) => b.order - a.order);
	const cells = painted.map(({ box, solid }, index) => {
		const [x1, y1, x2, y2] = (solid ?? box).map((edge) => Math.round(edge / cell)) as [number, number, number, number];
		for (let y = y1; y < y2; y++) owner.fill(index, y * columns + x1, y * columns + x2);
		return { x1, y1, x2, y2 };
	});
	return painted.flatMap(({ label, box, solid }, index) => {
		if (solid !== undefined) return [{ label, box, visibility: 1 }];
		const { x1, y1, x2, y2 } = cells[index]!;
		let [left, top, right, bottom, count] = [columns, rows, -1, -1, 0];
		for (let y = y1; y < y2; y++) {
			for (let x = x1; x < x2; x++) {
				if (owner[y * columns + x] !== index) continue;
				count++;
				if (x < left) left = x;
				if (x > right) right = x;
				if (y < top) top = y;
				bottom = y;
			}
		}
		if (count === 0) return [];
		const edge = (cellEdge: number, own: number, exact: number) => (cellEdge === own ? exact : cellEdge * cell);
		return [
			{
				label,
				box: [
					edge(left, x1, box[0]),
					edge(top, y1, box[1]),
					edge(right + 1, x2, box[2]),
					edge(bottom + 1, y2, box[3]),
				] as const,
				visibility: count / Math.max(1, (x2 - x1) * (y2 - y1)),
			},
		];
	});
}
