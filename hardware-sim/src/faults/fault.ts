import { didYouMean } from "../language/did-you-mean.ts";
import type { Net } from "../net.ts";
import type { SeededRandom } from "../random.ts";
import type { Stage } from "../scenario/stage.ts";

export const faultLayers = ["net", "bus", "chip", "host", "power", "sensor", "world", "network"] as const;
export type FaultLayer = (typeof faultLayers)[number];

/** Words with dashes between them, at least two: no layer has such a name. */
export type FaultName = `${string}-${string}`;

/** Ends a fault. Called once. */
export type Heal = () => void | Promise<void>;

/** Number of a promise, as in docs/architecture/promises.md. */
export type PromiseNumber = 1 | 2 | 3 | 4 | 5 | 6;

/** Something that breaks. Frozen, and without a state of its own: all of it lies in what `inject` returns. */
export interface Fault {
	/** Unique, in words with dashes: `hall-stuck-shut`. */
	readonly name: FaultName;
	readonly layer: FaultLayer;
	/** One line for people. */
	readonly summary: string;
	/**
	 * How long it lasts where nobody says otherwise, milliseconds. 0: it is over as soon as it has happened, though its
	 * consequences may not be.
	 */
	readonly usualMs: number;
	/** Whether what sensors and the world tell the machine can be trusted all the same (promise 2 asks for that). */
	readonly soundSensors: boolean;
	/** Promises that no software can keep under this fault: a shorted transistor keeps the coil on. */
	readonly beyondSoftware: readonly PromiseNumber[];
	/**
	 * Begins at the stage's present moment. Chance comes from `random` alone. Throws a {@link FaultNotHere} where the
	 * stage has no such part.
	 */
	readonly inject: (stage: Stage, random: SeededRandom) => Heal | Promise<Heal>;
}

/** The stage lacks the part that would break. */
export class FaultNotHere extends Error {
	override readonly name = "FaultNotHere";
}

/** Fills in what most faults have in common, and freezes. */
export function fault(
	layer: FaultLayer,
	name: FaultName,
	summary: string,
	inject: Fault["inject"],
	more: Partial<Pick<Fault, "usualMs" | "soundSensors" | "beyondSoftware">> = {},
): Fault {
	return Object.freeze({
		name,
		layer,
		summary,
		usualMs: more.usualMs ?? 4_000,
		soundSensors: more.soundSensors ?? true,
		beyondSoftware: Object.freeze([...(more.beyondSoftware ?? [])]),
		inject,
	});
}

/** Nothing to mend. */
export const nothing: Heal = () => undefined;

/** The wire of that name. */
export function wireOf({ machine }: Stage, name: string): Net {
	const nets = [...machine.board.nets.values()];
	const net = nets.find((candidate) => candidate.name === name);
	if (net === undefined)
		throw new FaultNotHere(
			`There is no wire "${name}"${didYouMean(
				name,
				nets.map((other) => other.name),
			)}`,
		);
	return net;
}
