import type { RemoteCommandBody } from "@visionvend/sdk/device/messages";
import type { CalmRestart } from "../calm-restart.ts";
import type { ConfigurationChange } from "../configuration/configuration-change.ts";
import type { ControllerHost } from "../controller-host.ts";
import { Dispenser } from "../dispenser.ts";
import { Fridge } from "../fridge/fridge.ts";
import type { Parts } from "../parts.ts";
import type { Uplink } from "../uplink/uplink.ts";
import { Calibrator } from "./calibrator.ts";
import { Diagnosis } from "./diagnosis.ts";
import type { Progress } from "./remote-commands.ts";

export interface RemoteActionsOptions {
	readonly parts: Parts;
	readonly restart: CalmRestart;
	readonly diagnosis: Diagnosis;
	/** Where there are scales. */
	readonly calibrator: Calibrator | undefined;
}

/** What a machine does not have cannot be served. */
const NOT_HERE = "not-here";

/** Carries remote commands out. */
export class RemoteActions {
	readonly #options: RemoteActionsOptions;

	constructor(options: RemoteActionsOptions) {
		this.#options = options;
	}

	/** A service tells of itself, through the machine; a reboot is told of by the next start. */
	perform({ commandId, action, shelf, milligrams, minutes }: RemoteCommandBody, progress: Progress): void {
		const { parts, restart, diagnosis, calibrator } = this.#options;
		const { machine, feedback, food } = parts;
		const end = (reason: string, detail: string): void => progress(reason === "" ? "done" : "failed", reason, detail);
		switch (action) {
			case "reboot":
				progress("running", "", "");
				restart.request();
				break;
			case "service-start":
				if (minutes > 0) machine.startService(commandId, minutes);
				else end("bad-minutes", "A service takes 1 to 240 minutes.");
				break;
			case "service-end":
				end(machine.inService ? "" : "no-service", "");
				machine.endService();
				break;
			case "tare":
				progress("running", "", "");
				if (calibrator === undefined) end(NOT_HERE, "");
				else calibrator.tare(shelf, end);
				break;
			case "calibrate":
				progress("running", "", "");
				if (calibrator === undefined) end(NOT_HERE, "");
				else calibrator.calibrate(shelf, milligrams, end);
				break;
			case "diagnose":
				progress("running", "", "");
				diagnosis.run((detail) => end("", detail));
				break;
			case "identify":
				feedback.identify();
				end("", "");
				break;
			case "clear-food-lock":
				end(food?.clear() ?? NOT_HERE, "");
				break;
			case "refill":
				end(this.#refill(), "");
				break;
		}
	}

	#refill(): string {
		const { machine } = this.#options.parts;
		if (!(machine instanceof Dispenser) || machine.barista === undefined) return NOT_HERE;
		return machine.barista.refill() ? "" : "storage";
	}
}

/** Remote actions on these parts. */
export function makeRemoteActions(options: {
	readonly host: ControllerHost;
	readonly parts: Parts;
	readonly uplink: Uplink;
	readonly restart: CalmRestart;
	readonly change: ConfigurationChange;
}): RemoteActions {
	const { host, parts, uplink, restart, change } = options;
	const { machine } = parts;
	const calibrator =
		machine instanceof Fridge
			? new Calibrator({ fridge: machine, scales: () => change.scales, keep: (scales) => change.keepScales(scales) })
			: undefined;
	return new RemoteActions({
		parts,
		restart,
		diagnosis: new Diagnosis({ host, parts, uplink, scales: change.scales }),
		calibrator,
	});
}
