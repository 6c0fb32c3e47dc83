import type { SeededRandom } from "../random.ts";
import { demoCatalogue, vendingCatalogue } from "../world/demo-catalogue.ts";
import { lookOfProduct } from "../world/product-look.ts";
import { shelfSize } from "../world/shelf-layout.ts";
import type { Grip } from "./hand-model.ts";
import type { Body, Scene } from "./scene.ts";
import type { Split } from "./split.ts";
import { after, pitch, roll, scaled, type Turn, yaw } from "./turn.ts";
import { type Pose, poseOf } from "./view.ts";
import type { Wardrobe } from "./wardrobe.ts";

/** All products that a camera can meet. */
export const skus: readonly string[] = Object.freeze([
	...new Set([...demoCatalogue, ...vendingCatalogue].map(({ sku }) => sku)),
]);

/** What a detector of these products tells apart: the products, and `hand` last. */
export const labels: readonly string[] = Object.freeze([...skus, "hand"]);

const mostUnits = 44;
/** How often a hand is in the picture, and how often there are two then. Hands are hard: training shows more of them. */
const handChances: Readonly<Record<Split, readonly [number, number]>> = Object.freeze({
	training: [0.9, 0.35],
	validation: [0.7, 0.12],
	evaluation: [0.7, 0.12],
});
const stackable: ReadonlySet<string> = new Set(["can", "slim-can", "cup", "bowl", "box"]);
const round: ReadonlySet<string> = new Set(["can", "slim-can", "bottle", "small-bottle", "cup", "bowl", "mug"]);

/** A fridge as nobody has seen it: products, places, people, light and lens by chance. */
export function randomScene(random: SeededRandom, wardrobe: Wardrobe): Scene {
	const camera = random.next() < 0.5 ? 0 : 1;
	const firstShelf = 2 * camera;
	const bodies: Body[] = [];
	// Some scenes have one design a product, as shops do; in others old and new stand side by side.
	const mixed = random.next() < 0.4;
	const chosen = new Map<string, number>();
	const dress = (sku: string) => {
		const designs = wardrobe.designs(sku);
		const draw = () => Math.floor(random.next() * designs.length);
		let number = mixed ? draw() : chosen.get(sku);
		if (number === undefined) {
			number = draw();
			chosen.set(sku, number);
		}
		return designs[number] ?? designs[0]!;
	};
	const unit = (sku: string, place: { xMm: number; yMm: number; zMm: number }, turn: Turn, moves: boolean): Body => {
		const design = dress(sku);
		const look = lookOfProduct(sku);
		return {
			label: sku,
			design: design.name,
			parts: [{ mesh: wardrobe.mesh(sku), texture: wardrobe.wrapping(design) }],
			stand: { ...place, turn },
			moves,
			shadowMm: moves ? undefined : [0.62 * look.widthMm + 6, 0.62 * look.depthMm + 6],
		};
	};
	const fullness = 0.12 + 0.88 * random.next();
	for (const level of [firstShelf, firstShelf + 1]) {
		const floor = level * shelfSize.spacingMm;
		for (const standing of random.next() < 0.72
			? lanes(random, fullness)
			: scattered(random, Math.round(3 + 12 * fullness)))
			for (const [height, turn] of standing.turns.entries()) {
				if (bodies.length >= mostUnits) break;
				const { heightMm, widthMm } = lookOfProduct(standing.sku);
				const lift = standing.lies ? widthMm / 2 : 0;
				const yMm = floor - height * heightMm - lift;
				bodies.push(unit(standing.sku, { xMm: standing.xMm, yMm, zMm: standing.zMm }, turn, false));
			}
	}
	const [reached, both] = handChances[wardrobe.split];
	const hands = random.next() < reached ? (random.next() < both ? 2 : 1) : 0;
	for (let hand = 0; hand < hands; hand++) bodies.push(...randomHand(random, wardrobe, firstShelf, unit));
	const dim = random.next() < 0.16;
	const around = (value: number, spread: number) => value + spread * (2 * random.next() - 1);
	return {
		pose: randomPose(random, camera),
		light: {
			ambient: dim ? around(0.34, 0.08) : around(0.55, 0.1),
			lamp: dim ? around(0.35, 0.12) : around(0.62, 0.14),
			from: [around(0, 0.5), around(0.8, 0.25), around(0.7, 0.3)],
			falloff: around(0.3, 0.2),
		},
		material: wardrobe.material(random),
		firstShelf,
		bodies,
	};
}

/** Mounted by hand: a little off, and never the same lens twice. */
export function randomPose(random: SeededRandom, camera: number): Pose {
	const pose = poseOf(camera);
	const around = (spread: number) => spread * (2 * random.next() - 1);
	return {
		...pose,
		xMm: pose.xMm + around(22),
		yMm: pose.yMm + around(18),
		zMm: pose.zMm + around(28),
		pitch: pose.pitch + around(0.016),
		yaw: around(0.022),
		roll: around(0.016),
		focal: pose.focal * (1 + around(0.03)),
		distortion: pose.distortion + around(0.04),
	};
}

/** A product on the shelf, with those on top of it. */
interface Standing {
	readonly sku: string;
	readonly xMm: number;
	readonly zMm: number;
	/** One a unit, from the lowest. */
	readonly turns: readonly Turn[];
	readonly lies: boolean;
}

function randomTurn(random: SeededRandom, sku: string): Turn {
	const isRound = round.has(lookOfProduct(sku).shape);
	const turned = isRound
		? random.next() < 0.35
			? 2 * Math.PI * random.next()
			: 0.6 * random.gaussian()
		: random.next() < 0.06
			? 0.8 * random.gaussian()
			: 0.1 * random.gaussian();
	const size = 1 + 0.03 * random.gaussian();
	if (random.next() < 0.04)
		return scaled(after(roll(0.12 * random.gaussian()), pitch(0.08 * random.gaussian()), yaw(turned)), size);
	return scaled(yaw(turned), size);
}

/** Lying on its side, its top to the left, to the right or towards the door. */
function lyingTurn(random: SeededRandom, sku: string): Turn {
	const side = random.next();
	const laid = side < 0.35 ? roll(Math.PI / 2) : side < 0.7 ? roll(-Math.PI / 2) : pitch(-Math.PI / 2);
	// Flat things lie on their backs or on an edge, not on nothing.
	const spin = round.has(lookOfProduct(sku).shape) ? Math.PI * (2 * random.next() - 1) : 0.3 * random.gaussian();
	return after(yaw(0.4 * random.gaussian()), laid, yaw(spin));
}

/** Rows of products side by side, each with units one behind the other: a shop in order, partly sold. */
function lanes(random: SeededRandom, fullness: number): Standing[] {
	const standings: Standing[] = [];
	let left = 6 + 30 * random.next();
	let last = "";
	while (left < shelfSize.widthMm - 50) {
		const sku = skus[Math.floor(random.next() * skus.length)] as string;
		const look = lookOfProduct(sku);
		if (sku === last || left + look.widthMm > shelfSize.widthMm - 4) {
			if (left > shelfSize.widthMm - 140) break;
			continue;
		}
		last = sku;
		const side = 1 + Math.floor(random.next() * (look.widthMm > 100 ? 1.5 : 3));
		// Small things stand where a shopper finds them.
		const reachMm = look.widthMm < 50 ? 150 : shelfSize.depthMm;
		const deep = Math.max(1, Math.floor(reachMm / (look.depthMm + 5)));
		const gapMm = 3 + 9 * random.next();
		for (let column = 0; column < side; column++) {
			const xMm = left + look.widthMm / 2;
			if (xMm + look.widthMm / 2 > shelfSize.widthMm - 2) break;
			const units = Math.min(7, Math.round(deep * Math.min(1, fullness * (0.4 + 1.1 * random.next()))));
			// A lane is emptied from the front and not always moved up.
			const gone = random.next() < 0.35 ? Math.floor(random.next() * (deep - units + 1)) : 0;
			for (let row = 0; row < units; row++) {
				const zMm = 6 + (row + gone + 0.5) * (look.depthMm + 5) + 3 * random.gaussian();
				const high = stackable.has(look.shape) && random.next() < 0.1 && 2 * look.heightMm < 235 ? 2 : 1;
				standings.push({
					sku,
					xMm: xMm + 1.5 * random.gaussian(),
					zMm,
					turns: Array.from({ length: high }, () => randomTurn(random, sku)),
					lies: false,
				});
			}
			left += look.widthMm + gapMm;
		}
		left += random.next() < 0.25 ? 90 * random.next() : 6 * random.next();
	}
	return standings;
}

/** Whatever, wherever there is room. */
function scattered(random: SeededRandom, count: number): Standing[] {
	const standings: Standing[] = [];
	for (let attempt = 0; attempt < 4 * count && standings.length < count; attempt++) {
		const sku = skus[Math.floor(random.next() * skus.length)] as string;
		const { widthMm, depthMm, heightMm } = lookOfProduct(sku);
		const lies = random.next() < 0.12;
		const room = (lies ? heightMm : Math.max(widthMm, depthMm)) / 2;
		const deepest = widthMm < 50 ? 170 : shelfSize.depthMm - room;
		const xMm = room + 4 + random.next() * Math.max(0, shelfSize.widthMm - 2 * room - 8);
		const zMm = Math.min(deepest, depthMm / 2 + 4 + random.next() ** 1.4 * 400);
		const free = standings.every((other) => {
			const look = lookOfProduct(other.sku);
			const reach = (other.lies ? look.heightMm : Math.max(look.widthMm, 0.8 * look.depthMm)) / 2;
			return Math.hypot(xMm - other.xMm, zMm - other.zMm) > 0.92 * (room + reach);
		});
		if (!free) continue;
		standings.push({ sku, xMm, zMm, turns: [lies ? lyingTurn(random, sku) : randomTurn(random, sku)], lies });
	}
	return standings;
}

/** How somebody holds a thing of such a shape, and where: part of its height from the foot. */
export function gripFor(sku: string, chance: number): { readonly grip: Grip; readonly at: number } {
	const { shape, widthMm } = lookOfProduct(sku);
	if (shape === "bag" || shape === "pouch" || shape === "bar") return { grip: "edge", at: 0.94 };
	if (shape === "wedge") return chance < 0.5 ? { grip: "edge", at: 0.9 } : { grip: "around", at: 0.5 };
	if (shape === "bowl") return chance < 0.4 ? { grip: "edge", at: 0.95 } : { grip: "around", at: 0.5 };
	if (widthMm < 50) return { grip: chance < 0.5 ? "edge" : "around", at: chance < 0.5 ? 0.9 : 0.4 };
	return chance < 0.22 ? { grip: "edge", at: 0.97 } : { grip: "around", at: 0.42 + 0.2 * chance };
}

function randomHand(
	random: SeededRandom,
	wardrobe: Wardrobe,
	firstShelf: number,
	unit: (sku: string, place: { xMm: number; yMm: number; zMm: number }, turn: Turn, moves: boolean) => Body,
): Body[] {
	const look = wardrobe.hand(random);
	const lower = random.next() < 0.5;
	const floor = (firstShelf + (lower ? 1 : 0)) * shelfSize.spacingMm;
	const xMm = 50 + 800 * random.next();
	const zMm = (lower ? -140 : -320) + (lower ? 380 : 560) * random.next();
	const sku = random.next() < 0.66 ? (skus[Math.floor(random.next() * skus.length)] as string) : undefined;
	const left = random.next() < 0.35;
	// The shopper stands before the middle, more or less: an arm comes from there.
	const turn = after(
		yaw((left ? 0.12 : -0.12) + 0.16 * random.gaussian() + (xMm - 450) / 1_800),
		pitch(0.12 * random.gaussian()),
		roll(0.18 * random.gaussian()),
	);
	if (sku === undefined) {
		const grip = (["open", "open", "fist", "edge", "around"] as const)[Math.floor(random.next() * 5)] ?? "open";
		const yMm = floor - 40 - 150 * random.next();
		return handBodies(wardrobe, look, grip, 26 + 20 * random.next(), left, { xMm, yMm, zMm, turn: scaled(turn, 1) });
	}
	const { heightMm } = lookOfProduct(sku);
	const { grip, at } = gripFor(sku, random.next());
	const lifted = 10 + 60 * random.next();
	const footMm = floor - lifted;
	const held = after(yaw((left ? -1 : 1) * 0.1 + 0.5 * random.gaussian()), roll(0.14 * random.gaussian()));
	// The hand holds the unit at a point of its axis, wherever that leans to.
	const axis = [held[1]! * -at * heightMm, held[4]! * -at * heightMm, held[7]! * -at * heightMm];
	return [
		unit(sku, { xMm, yMm: footMm, zMm }, held, true),
		...handBodies(wardrobe, look, grip, radiusOf(sku, grip), left, {
			xMm: xMm + axis[0]!,
			yMm: footMm + axis[1]!,
			zMm: zMm + axis[2]!,
			turn: scaled(turn, 1),
		}),
	];
}

/** Half of what fingers must span, millimetres. */
export function radiusOf(sku: string, grip: Grip): number {
	const { widthMm, depthMm } = lookOfProduct(sku);
	if (grip === "edge") return Math.max(4, Math.min(36, depthMm / 2));
	return Math.max(10, Math.min(62, (widthMm + Math.min(depthMm, widthMm)) / 4));
}

/** The bodies of a hand: the hand itself, and its arm, which is in the way only. */
export function handBodies(
	wardrobe: Wardrobe,
	look: ReturnType<Wardrobe["hand"]>,
	grip: Grip,
	radiusMm: number,
	left: boolean,
	stand: Body["stand"],
): Body[] {
	const model = wardrobe.handModel(look, grip, radiusMm, left);
	return [
		{ label: "hand", design: look.name, parts: [{ mesh: model.hand, texture: look.skin }], stand, moves: true },
		{
			label: undefined,
			parts: [
				{ mesh: model.arm, texture: look.arm },
				{ mesh: model.sleeve, texture: look.sleeve },
			],
			stand,
			moves: true,
		},
	];
}
