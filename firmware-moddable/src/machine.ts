import type { DispensePhase } from "@visionvend/sdk/device/dispense/dispense-state";
import type { LockPhase } from "@visionvend/sdk/device/lock/lock-state";
import type { BinLevel, DoorBody, MachineKind, SaleReportBody, WeightCurveBody } from "@visionvend/sdk/device/messages";
import type { Weighing } from "./scales.ts";

export type MachinePhase = LockPhase | DispensePhase;

/** A sale that the cloud asks for, from a body whose members are right. */
export interface Order {
	readonly saleId: string;
	readonly counter: number;
	/** Language of the screen during the sale. */
	readonly language: string;
	/** Why this machine can never carry it out as it stands; "" when it may. */
	readonly obstacle: string;
	/** Begins the sale, or refuses it. Seal, addressee and freshness have been checked. */
	begin(): void;
}

/** The end of a sale, or of a forced opening, until somebody else has it safe. */
export interface Report {
	/** The same number is the same report, across power cuts. */
	readonly number: number;
	readonly saleId: string;
	/** The start of the controller in which it was written. */
	readonly boot: number;
	body(): SaleReportBody;
}

/** What a machine tells. Nothing of it is called before `begin`. */
export interface MachineEvents {
	onExecuted(saleId: string, counter: number): void;
	onRefused(saleId: string, counter: number, reason: string): void;
	/** The report is in the store. Send it until `acknowledge` can be called with its number. */
	onReport(report: Report): void;
	/** What became of a service. `reason` is empty unless it was refused. */
	onService(state: "started" | "ended" | "refused", commandId: string, reason: string): void;
	/** Shelves changed while the door is open. Only where a pi listens. */
	onWeights(body: () => WeightCurveBody): void;
	onDoor(state: DoorBody["state"], saleId: string): void;
	/** Phase, sale, weights, bins or faults may have changed. */
	onChange(): void;
}

/** What sells, with its record that outlives power cuts: the part of a controller that differs from kind to kind. */
export interface Machine {
	readonly kind: MachineKind;
	/** Under this name among the topics the cloud orders. */
	readonly orderTopic: "unlock" | "dispense";
	/** What the hello tells of it. */
	readonly record: {
		readonly boot: number;
		readonly counter: number;
		readonly executed: number;
		readonly phase: MachinePhase;
	};
	/** The store failed, or holds something else: the counters are unknown, and nothing is sold. */
	readonly failed: boolean;
	/** From the accepted sale until its report is written: somebody is, or may be, at the machine. */
	readonly inSession: boolean;
	readonly inService: boolean;
	readonly doorClosed: boolean;
	/** What lay on each shelf at the last weighing, topmost first; empty where nothing is weighed. */
	readonly massesMilligrams: readonly number[];
	/** What is left in the bins, where there are any. */
	readonly bins: readonly BinLevel[] | undefined;
	/** Parts that do not work now, by name. */
	readonly faults: readonly string[];
	/** Writes down the start, and sends what is left of earlier ones. Once, when all else stands. */
	begin(): void;
	/** What this body of a command orders; `undefined` when it is none that this machine takes. */
	readOrder(body: unknown): Order | undefined;
	acknowledge(number: number): void;
	/** Weighs, if somebody or something else does not need the scales: then, and where there are none, it is `undefined`. */
	weigh(done: (weighing: Weighing | undefined) => void): void;
	startService(commandId: string, minutes: number): void;
	/** Whoever serves the machine wants it open once more. */
	openAgain(): void;
	endService(): void;
	/** Food safety's order: no sales. */
	setHealthLock(on: boolean): void;
	/** Locks, and lets go of everything. A second call does nothing. */
	close(): void;
}
