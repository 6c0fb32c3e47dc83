import type { Cloud } from "@visionvend/cloud-lite";
import type { Product } from "@visionvend/sdk/catalog/product";
import type { EnvelopeKey } from "@visionvend/sdk/device/envelope/envelope";
import type { MachineKind } from "@visionvend/sdk/device/messages";
import type { EngineBudget } from "../engine/engine.ts";
import type { VirtualMachine } from "../machine/virtual-machine.ts";
import type { StripeSimulator } from "../stripe/stripe-simulator.ts";
import type { Shopper } from "../world/shopper.ts";
import type { XsHost } from "../xs/build.ts";
import type { Phone } from "./phone.ts";
import type { RunTrace } from "./run-trace.ts";
import type { Shop } from "./shop.ts";
import type { StageEyes } from "./stage-eyes.ts";

/** The rooms of the house, and the world around it. */
export type RoomName = "world" | "phone" | "cloud" | "payments" | "broker" | "pi" | "controller" | "attacker";

/** One thing that happened. */
export interface StageEvent {
	/** Milliseconds since the curtain rose. */
	readonly atMs: number;
	readonly room: RoomName;
	readonly event: string;
	readonly [field: string]: unknown;
}

export interface StageOptions {
	readonly seed: number;
	readonly products: readonly Product[];
	readonly holdCents: number;
	/** What stands there; a fridge where not given. */
	readonly kind?: MachineKind | undefined;
	/** How its controller reaches the cloud; over the Pi where not given. Without one there is no Pi. In memory only. */
	readonly uplink?: "pi" | "wifi" | "lte" | undefined;
	/** Battery, bolt switch, restock button, and in a fridge a climate with its thermometer. */
	readonly equipped?: boolean | undefined;
	/** Minutes that the battery of an equipped machine lasts. */
	readonly batteryMinutes?: number | undefined;
	/** What the controller may fetch and start instead of what it runs. */
	readonly firmwareKey?: string | undefined;
	/** The XS host to run the firmware on, or `undefined` to run it in Node. */
	readonly xsHost: XsHost | undefined;
	/** Memory of the controller at its n-th start (1 is the first), where it is not that of an ESP32-S3. */
	readonly budget?: (start: number) => EngineBudget;
	/** Whether the display's bus moves its wires bit by bit, for a trace that people open; false by default. */
	readonly busEdges?: boolean;
	/** What the Pi sees with; without them it decides by weight alone. In memory only. */
	readonly eyes?: StageEyes | undefined;
	/** The Pi's own cameras look into the simulated fridge; false by default. On real links only, where the Pi is a process. */
	readonly cameras?: boolean | undefined;
	/** The Pi keeps what it decides from, on a disk; false by default. In memory only. */
	readonly keepsEvidence?: boolean | undefined;
	/** How the machines come to be the owner's; `registerShop` where not given. In memory only. */
	readonly register?: (cloud: Cloud, options: StageOptions) => Promise<Shop>;
	/** The trace has nothing in it yet: the moment to watch it from the beginning. */
	readonly onTrace?: (trace: RunTrace) => void;
	/** The fridge is built and has no power yet: the moment to connect instruments. */
	readonly onMachine?: (machine: VirtualMachine) => void;
	readonly onEvent?: (event: StageEvent) => void;
}

/** Somebody who owns the broker: reads and writes every topic, and has no key of any device. */
export interface Attacker {
	/** Every message that crossed the broker, oldest first. */
	readonly seen: readonly { readonly topic: string; readonly payload: string }[];
	publish(topic: string, payload: string): Promise<void>;
}

/**
 * All rooms standing, with one fridge, and hands to make things happen. Two of them exist: `MemoryStage` (one process,
 * virtual clock, reproducible) and `RealStage` (processes, sockets, a broker, wall clock).
 */
export interface Stage {
	readonly machineId: string;
	readonly machine: VirtualMachine;
	readonly shopper: Shopper;
	readonly phone: Phone;
	readonly payments: StripeSimulator;
	readonly attacker: Attacker;
	/** The key that opens the door of another machine of the same owner, taken out of that machine with a screwdriver. */
	readonly foreignKey: EnvelopeKey;
	readonly trace: RunTrace;
	readonly events: readonly StageEvent[];
	/** Milliseconds since the curtain rose. */
	readonly atMs: number;
	/** Lets the time pass. */
	pass(milliseconds: number): Promise<void>;
	/** Lets the time pass until `condition` holds; throws with `what` after `withinMs`. */
	until(what: string, condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void>;
	/** Tells the story something that no room logs. */
	tell(room: RoomName, event: string, fields?: Readonly<Record<string, unknown>>): void;
	/** Kills a process without warning (SIGKILL), or starts it again from what it had stored. */
	kill(room: "cloud" | "pi" | "broker"): Promise<void>;
	start(room: "cloud" | "pi" | "broker"): Promise<void>;
	/** Kills the cloud the moment the payment network has answered this kind of call, before the cloud hears of it. */
	killCloudAfterPaymentCall(matches: (method: string, path: string) => boolean): void;
	/** All entries of the cloud's ledger, oldest first. */
	ledger(): Promise<readonly { readonly account: string; readonly amountCents: number }[]>;
	close(): Promise<void>;
}

/** Whether a room told of an event since `sinceMs`. */
export function saw(stage: Stage, room: RoomName, event: string, sinceMs = 0): boolean {
	return stage.events.some((entry) => entry.room === room && entry.event === event && entry.atMs >= sinceMs);
}

/** Waits for an event of a room. */
export function untilSeen(stage: Stage, room: RoomName, event: string, withinMs: number, sinceMs = 0): Promise<void> {
	return stage.until(`${room} ${event}`, () => saw(stage, room, event, sinceMs), withinMs);
}
