import type { ControllerHost } from "@visionvend/firmware/controller-host";
import { start as startFirmware } from "@visionvend/firmware/start";
import type { Bridge } from "./bridge.ts";
import { BridgeServer } from "./bridge-server.ts";
import type { DeviceEngine, EngineOptions, ResetReason } from "./engine.ts";
import { type ConnectedDevice, connect } from "./shim.ts";

export interface NodeEngineOptions extends EngineOptions {
	/** What the device runs. Default: the controller's firmware. */
	readonly program?: (host: ControllerHost) => unknown;
}

/** Unwinds the firmware where its device ends in the middle of an operation. It is not an Error, so nobody wraps it. */
const ending = Symbol("the device ends here");

/** Runs the firmware in this process, without limits of memory or time. */
export function createNodeEngine(options: NodeEngineOptions): DeviceEngine {
	const program = options.program ?? startFirmware;
	let device: ConnectedDevice | undefined;

	const server = new BridgeServer(options, (kind, handle, value) => {
		run(() => device?.deliver(kind, handle, value));
	});

	const bridge: Bridge = {
		call(operation, a, b) {
			const result = server.call(operation, a, b);
			if (server.ended) throw ending;
			return result;
		},
		exchange(operation, a, b, bytes) {
			const view = bytes === undefined || bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
			const result = server.exchange(operation, a, b, view);
			if (server.ended) throw ending;
			return result && Uint8Array.from(result).buffer;
		},
	};

	function run(script: () => void): void {
		if (server.ended) return;
		let exception: { readonly error: unknown } | undefined;
		try {
			script();
		} catch (error) {
			if (error !== ending) exception = { error };
		}
		server.throwFault();
		if (server.stopped) return;
		if (server.restartRequested) reset("restart", "");
		else if (exception) reset("exception", describe(exception.error));
	}

	function reset(reason: ResetReason, message: string): void {
		server.stop();
		if (message !== "") options.log("fault", JSON.stringify({ reason, message }));
		options.onReset(reason);
	}

	return {
		name: "node",
		statistics: undefined,
		start() {
			// The XS engine seeds Math.random with these, and both engines leave the same chance to the firmware.
			options.random(8);
			run(() => {
				device = connect(bridge);
				program(device.host);
			});
		},
		stop() {
			server.stop();
		},
	};
}

function describe(error: unknown): string {
	return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
