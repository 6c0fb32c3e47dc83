import type { Cloud, ProvisionedMachine } from "@visionvend/cloud-lite";
import type { EnvelopeKey } from "@visionvend/sdk/device/envelope/envelope";
import type { ConfiguredUplink, ControllerConfiguration } from "@visionvend/sdk/device/messages";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import type { ModemBroker } from "../chips/sim7080g-broker.ts";
import type { SimulationClock } from "../clock.ts";
import type { EngineNetwork } from "../engine/engine.ts";
import { demoControllerConfiguration } from "../machine/demo-wiring.ts";
import { VirtualMachine } from "../machine/virtual-machine.ts";
import type { SeededRandom } from "../random.ts";
import { createEngine } from "./create-engine.ts";
import type { RunTrace } from "./run-trace.ts";
import type { Stage, StageOptions } from "./stage.ts";

export const machineId = "fridge-1";
const foreignMachineId = "fridge-2";
/** Who shops, where nobody says otherwise. */
export const shopperId = "shopper-ada";
/** What the payment network signs its webhooks with. */
export const webhookSecret = "whsec_the_simulator_and_the_cloud_share_this";

/** What an owner gets who registers two machines, and a shopper who signs in. */
export interface Shop {
	readonly own: ProvisionedMachine;
	readonly foreign: ProvisionedMachine;
	/** What the controller of the other machine opens its unlocks with. */
	readonly foreignKey: EnvelopeKey;
	/** The shopper's token for the API. */
	readonly token: string;
	/** What the controller of the own machine is told; that of the demo where not given. */
	readonly configuration?: ControllerConfiguration;
}

export async function registerShop(cloud: Cloud, options: StageOptions): Promise<Shop> {
	const { holdCents, products, kind = "fridge" } = options;
	const add = (id: string, name: string) =>
		cloud.addMachine({ machineId: id, name, currency: "usd", holdCents, kind, products: [...products] });
	const own = await add(machineId, { fridge: "Lobby fridge", vending: "Snack machine", coffee: "Coffee corner" }[kind]);
	const foreign = await add(foreignMachineId, "Another fridge");
	const { kid, key: encodedKey } = foreign.controllerKeys.receive;
	const key = decodeBase64url(encodedKey);
	if (key === undefined) throw new Error(`the cloud gave ${foreignMachineId} a key that is no base64url`);
	return {
		own,
		foreign,
		foreignKey: { kid, key },
		token: await cloud.issueShopperToken(shopperId),
	};
}

/** The fridge with its controller, without power yet; wires go to the trace, and what happens to the story. */
export function buildMachine(
	stage: Pick<Stage, "tell" | "trace">,
	options: StageOptions,
	clock: SimulationClock,
	random: SeededRandom,
	own: ProvisionedMachine,
	/** The broker that a controller with a radio of its own reaches. */
	radio?: { readonly network: EngineNetwork; readonly modemBroker: ModemBroker },
	configuration?: ControllerConfiguration,
): VirtualMachine {
	const { kind, equipped, firmwareKey, batteryMinutes } = options;
	const uplink = uplinkOf(options.uplink ?? "pi", own);
	if (uplink.via !== "pi" && radio === undefined)
		throw new Error(`A controller with ${uplink.via} of its own needs a stage in memory.`);
	const machine = new VirtualMachine({
		clock,
		random,
		products: options.products,
		configuration:
			configuration ??
			demoControllerConfiguration(machineId, own.controllerKeys, { kind, uplink, equipped, firmwareKey }),
		batteryMinutes,
		...(uplink.via === "wifi" ? { network: radio?.network } : undefined),
		...(uplink.via === "lte" ? { modemBroker: radio?.modemBroker } : undefined),
		busEdges: options.busEdges,
		createEngine: (engineOptions, start, version) => createEngine(options, engineOptions, start, version),
		onLog: (event, detail) => stage.tell("controller", event, detail),
	});
	machine.fridge.onAction(({ event, fields }) => stage.tell("world", event, fields));
	traceWires(machine, stage.trace, clock);
	options.onMachine?.(machine);
	return machine;
}

function uplinkOf(via: "pi" | "wifi" | "lte", { broker }: ProvisionedMachine): ConfiguredUplink {
	const { username: user, password } = broker;
	const account = { host: "broker.test", port: 8883, tls: true, user, password };
	switch (via) {
		case "pi":
			return { via };
		case "wifi":
			return { via, ssid: "shop", password: "let me in, please", broker: account };
		case "lte":
			return { via, apn: "iot.example", broker: account };
	}
}

function traceWires({ board, wire, display }: VirtualMachine, trace: RunTrace, clock: SimulationClock): void {
	for (const net of board.nets.values()) net.watch((level) => trace.record("wire", clock.now, net.name, level));
	wire.tap((direction, bytes) => trace.record("serial", clock.now, direction, Buffer.from(bytes).toString("hex")));
	display.tap((byte) => trace.record("i2c", clock.now, byte));
}
