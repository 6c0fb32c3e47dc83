import { isDeepStrictEqual } from "node:util";
import { z } from "@hono/zod-openapi";
import { checkPins, type PinUse } from "@visionvend/sdk/config/esp32s3-pins";
import {
	nominalCalibration,
	usualCoffee,
	usualLinkBaud,
	usualLock,
	usualPins,
	usualScalePins,
	usualVending,
} from "@visionvend/sdk/config/usual-wiring";
import type {
	ConfiguredUplink,
	ControllerConfiguration,
	ControllerSettings,
	MachineKind,
} from "@visionvend/sdk/device/messages";
import { controllerConfigurationSchema, currencySchema } from "@visionvend/sdk/protocol/messages";

const controller = controllerConfigurationSchema.shape;

const networkSchema = z.object({
	via: z.enum(["pi", "wifi", "lte"]).default("pi").openapi({ description: "How the controller reaches the cloud" }),
	wifi: z
		.object({
			ssid: z.string().min(1).max(32),
			password: z.string().max(63).optional().openapi({ description: "Goes to the machine, and is not kept here" }),
		})
		.optional(),
	lte: z.object({ apn: z.string().min(1).max(100) }).optional(),
	mqtt: z.object({
		host: z.string().min(1).max(253),
		port: z.int().min(1).max(65_535).default(8_883),
		tls: z.boolean().default(true),
		caFile: z.string().min(1).optional().openapi({ description: "On the Pi" }),
	}),
});

/** What a machine shall be like: its hardware, what runs on it, and how it reaches the cloud. */
export const machineConfigSchema = z
	.object({
		hardware: z.object({
			esp32: z.object({ pins: controller.pins, linkBaud: controller.linkBaud, battery: controller.battery }),
			dispensing: z.object({
				kind: controller.kind,
				lock: controller.lock,
				vending: controller.vending,
				coffee: controller.coffee,
			}),
			sensors: z.object({ scales: controller.scales, foodSafety: controller.foodSafety }),
			payment: z.object({ currency: currencySchema, holdCents: z.int().min(1).max(100_000_000) }),
		}),
		software: z.object({
			uiTheme: z.enum(["light", "dark"]).default("light"),
			languages: controller.languages,
			features: z.array(z.string().min(1).max(64)).max(32).default([]),
		}),
		network: networkSchema,
	})
	.openapi("MachineConfig");

export type MachineConfig = z.infer<typeof machineConfigSchema>;

/** The parts of the three kinds of machine, wired as usual; payment and network are the owner's. */
export function usualConfig(
	kind: MachineKind,
	own: { readonly currency: string; readonly holdCents: number; readonly network: MachineConfig["network"] },
): MachineConfig {
	const { via } = own.network;
	const scales = usualScalePins(via).map((pins, shelf) => ({ shelf, ...pins, ...nominalCalibration }));
	return {
		hardware: {
			esp32: { pins: usualPins(via), linkBaud: usualLinkBaud },
			dispensing: {
				kind,
				lock: { ...usualLock },
				...(kind === "vending" ? { vending: usualVending() } : {}),
				...(kind === "coffee" ? { coffee: { ...usualCoffee(), recipes: [] } } : {}),
			},
			sensors: { scales: kind === "fridge" ? scales : [] },
			payment: { currency: own.currency, holdCents: own.holdCents },
		},
		software: { uiTheme: "light", languages: ["en", "es"], features: [] },
		network: own.network,
	};
}

/** The part of a configuration that its controller has to know. `broker`: its account there. */
export function settingsOf(
	{ hardware, software, network }: MachineConfig,
	broker: { readonly username: string; readonly password: string },
): Omit<ControllerConfiguration, "machineId" | "version" | "keys" | "firmwareKey"> {
	const { esp32, dispensing, sensors } = hardware;
	return {
		kind: dispensing.kind,
		uplink: uplinkOf(network, broker),
		pins: esp32.pins,
		scales: sensors.scales,
		lock: dispensing.lock,
		languages: software.languages,
		linkBaud: esp32.linkBaud,
		...(esp32.battery === undefined ? {} : { battery: esp32.battery }),
		...(sensors.foodSafety === undefined ? {} : { foodSafety: sensors.foodSafety }),
		...(dispensing.vending === undefined ? {} : { vending: dispensing.vending }),
		...(dispensing.coffee === undefined ? {} : { coffee: dispensing.coffee }),
	};
}

function uplinkOf(
	{ via, wifi, lte, mqtt }: MachineConfig["network"],
	{ username, password }: { readonly username: string; readonly password: string },
): ConfiguredUplink {
	const broker = { host: mqtt.host, port: mqtt.port, tls: mqtt.tls, user: username, password };
	switch (via) {
		case "pi":
			return { via };
		case "wifi":
			return { via, ssid: wifi?.ssid, password: wifi?.password ?? "", broker };
		case "lte":
			return { via, apn: lte?.apn, broker };
	}
}

/** The members of `next` that are not the same in `before`. */
export function changedSettings(before: ControllerSettings, next: ControllerSettings): ControllerSettings {
	const known = new Map<string, unknown>(Object.entries(before));
	return Object.fromEntries(Object.entries(next).filter(([name, value]) => !isDeepStrictEqual(value, known.get(name))));
}

/** Parts of `before` that `next` leaves out. A controller keeps what it is told nothing of (firmware, merge-settings.ts). */
export function droppedParts(before: ControllerSettings, next: ControllerSettings): string[] {
	return Object.keys(before).filter((name) => !(name in next));
}

/** The same without what must not lie here in the open. */
export function withoutSecrets(config: MachineConfig): MachineConfig {
	const { wifi, ...network } = config.network;
	return { ...config, network: { ...network, ...(wifi === undefined ? {} : { wifi: { ssid: wifi.ssid } }) } };
}

/** What cannot work, for people; empty when all is well. */
export function problemsOf({ hardware, network }: MachineConfig): string[] {
	const { esp32, dispensing, sensors } = hardware;
	const { vending, coffee } = dispensing;
	const uses: PinUse[] = [
		...wires("hardware.esp32.pins", esp32.pins).map((use) => ({ ...use, ...busOf(use.key) })),
		...sensors.scales.flatMap(({ shelf, clock, data }) => wires(`hardware.sensors.scales[${shelf}]`, { clock, data })),
		...(esp32.battery ? [{ key: "hardware.esp32.battery.pin", pin: esp32.battery.pin, analog: true }] : []),
		...wires("hardware.sensors.foodSafety", {
			receive: sensors.foodSafety?.receive,
			transmit: sensors.foodSafety?.transmit,
		}),
		...(vending?.motors ?? []).map((pin, slot) => ({ key: `hardware.dispensing.vending.motors[${slot}]`, pin })),
		...wires("hardware.dispensing.vending", { home: vending?.home, drop: vending?.drop, emitter: vending?.emitter }),
		...wires("hardware.dispensing.coffee.pins", coffee?.pins ?? {}).map((use) => ({
			...use,
			analog: use.key.endsWith(".thermometer"),
		})),
		...(coffee?.bins ?? []).map(({ pin }, bin) => ({ key: `hardware.dispensing.coffee.bins[${bin}].pin`, pin })),
	];
	const kindNeeds =
		dispensing.kind !== "fridge" && dispensing[dispensing.kind] === undefined
			? [`hardware.dispensing.${dispensing.kind} is missing: a ${dispensing.kind} machine needs it.`]
			: [];
	return [
		...checkPins(uses).map(
			({ key, pin, reason, free }) =>
				`${key}: pin ${pin} ${reason}.${free.length === 0 ? "" : ` Free pins that would do: ${free.join(", ")}.`}`,
		),
		...kindNeeds,
		...(network.via === "wifi" && network.wifi === undefined
			? ["network.wifi is missing: give ssid and password."]
			: []),
		...(network.via === "lte" && network.lte === undefined ? ["network.lte is missing: give the apn."] : []),
	];
}

function wires(part: string, pins: Readonly<Record<string, number | undefined>>): { key: string; pin: number }[] {
	return Object.entries(pins).flatMap(([name, pin]) => (pin === undefined ? [] : [{ key: `${part}.${name}`, pin }]));
}

function busOf(key: string): Pick<PinUse, "bus"> {
	if (key.endsWith(".oledData")) return { bus: { wire: "data", part: "oled" } };
	if (key.endsWith(".oledClock")) return { bus: { wire: "clock", part: "oled" } };
	return {};
}
