import { publisherKey } from "../machine/firmware/release.ts";
import { MemoryStage } from "../scenario/memory-stage.ts";
import type { StageEvent, StageOptions } from "../scenario/stage.ts";
import type { XsHost } from "../xs/build.ts";
import { ScenarioFailure } from "./failure.ts";
import { settle } from "./options.ts";
import { Play } from "./play.ts";
import type { WrittenScenario } from "./scenario.ts";
import { Script, type StepWatcher } from "./script.ts";

/** How a scenario went. Nothing in it depends on the wall clock. */
export interface PlayResult {
	readonly name: string;
	readonly ok: boolean;
	readonly seed: number;
	readonly engine: "node" | "xs";
	/** Steps done. */
	readonly steps: number;
	/** Virtual time from power-up to the end. */
	readonly virtualMs: number;
	readonly capturedCents: number;
	readonly lockOpenings: number;
	/** Highest memory of the firmware; `null` on Node, which does not measure it. */
	readonly slotsPeak: number | null;
	readonly slotsBudget: number | null;
	readonly chunksPeak: number | null;
	readonly chunksBudget: number | null;
	/** Over everything that happened. The same seed, scenario, engine and options give the same. */
	readonly traceSha256: string;
	/** What failed, in full; empty when all is well. */
	readonly failure: string;
}

export interface PlayOptions extends StepWatcher {
	/** Instead of the scenario's own. */
	readonly seed?: number | undefined;
	/** Runs the firmware on XS; in Node where not given. */
	readonly xsHost?: XsHost | undefined;
	readonly updatePictures?: boolean | undefined;
	/** The display's bus moves its wires bit by bit; false where not given. */
	readonly busEdges?: boolean | undefined;
	readonly onTrace?: StageOptions["onTrace"] | undefined;
	readonly onMachine?: StageOptions["onMachine"] | undefined;
	readonly onEvent?: ((event: StageEvent) => void) | undefined;
	/** The stage stands and the first step comes next. */
	readonly onStage?: ((play: Play) => Promise<void> | void) | undefined;
	/** The scenario is over, or has failed; the stage still stands, and so may faults. */
	readonly onEnd?: ((play: Play, result: PlayResult) => Promise<void> | void) | undefined;
}

/**
 * Plays a scenario on a stage of its own, in this process, on the virtual clock. A scenario that fails is a result;
 * what is thrown is a mistake in the scenario (`ScenarioError`) or in the simulator.
 */
export async function playScenario(scenario: WrittenScenario, options: PlayOptions = {}): Promise<PlayResult> {
	const settled = settle(scenario.options);
	const seed = options.seed ?? settled.seed;
	const stage = await MemoryStage.open({
		seed,
		kind: settled.machine,
		uplink: settled.uplink,
		equipped: settled.equipped,
		batteryMinutes: settled.batteryMinutes,
		firmwareKey: publisherKey,
		products: settled.products,
		holdCents: settled.holdCents,
		xsHost: options.xsHost,
		busEdges: options.busEdges ?? false,
		...(options.onTrace === undefined ? {} : { onTrace: options.onTrace }),
		...(options.onMachine === undefined ? {} : { onMachine: options.onMachine }),
		...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
	});
	try {
		const play = new Play(
			stage,
			{ ...settled, seed },
			{ folder: scenario.folder ?? process.cwd(), updatePictures: options.updatePictures ?? false },
		);
		const script = new Script(play, options);
		await stage.phone.savePayment(settled.card);
		await options.onStage?.(play);
		let failure = "";
		try {
			await scenario.play(script);
			await script.finish();
		} catch (error) {
			if (!(error instanceof ScenarioFailure)) throw error;
			failure = error.message;
		}
		const { machine } = stage;
		const memory = machine.statistics;
		const result: PlayResult = {
			name: scenario.name,
			ok: failure === "",
			seed,
			engine: options.xsHost === undefined ? "node" : "xs",
			steps: script.stepCount,
			virtualMs: stage.atMs,
			capturedCents: stage.payments.paymentIntents().reduce((total, intent) => total + intent.amount_received, 0),
			lockOpenings: machine.lockOpenings,
			slotsPeak: memory?.slotsPeak ?? null,
			slotsBudget: memory?.slotsBudget ?? null,
			chunksPeak: memory?.chunksPeak ?? null,
			chunksBudget: memory?.chunksBudget ?? null,
			traceSha256: stage.trace.sha256(),
			failure,
		};
		await options.onEnd?.(play, result);
		await play.healAll();
		return result;
	} finally {
		await stage.close();
	}
}
