import type { RemoteCommandBody } from "@visionvend/sdk/device/messages";
import type { CalmRestart } from "../calm-restart.ts";
import type { Barista } from "../coffee/barista.ts";
import type { Feedback } from "../feedback.ts";
import type { FoodGuard } from "../food/food-guard.ts";
import type { Machine } from "../machine.ts";
import type { Calibrator } from "./calibrator.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { Progress } from "./remote-commands.ts";

export interface RemoteActionsOptions {
	readonly machine: Machine;
	readonly restart: CalmRestart;
	readonly feedback: Feedback;
	readonly diagnosis: Diagnosis;
	/** Where there are scales. */
	readonly calibrator: Calibrator | undefined;
	/** Where food is watched over. */
	readonly food: FoodGuard | undefined;
	/** Where there are bins. */
	readonly barista: Barista | undefined;
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
		const { machine, restart, feedback, diagnosis, calibrator } = this.#options;
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
				end(this.#options.food?.clear() ?? NOT_HERE, "");
				break;
			case "refill":
				end(this.#refill(), "");
				break;
		}
	}

	#refill(): string {
		const { barista } = this.#options;
		if (barista === undefined) return NOT_HERE;
		return barista.refill() ? "" : "storage";
	}
}
