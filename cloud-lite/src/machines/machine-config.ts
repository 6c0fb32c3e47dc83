import { isDeepStrictEqual } from "node:util";
import { z } from "@hono/zod-openapi";
import { checkPins, type PinUse } from "@visionvend/sdk/config/esp32s3-pins";
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

// A 20 kg single-point cell of 2 mV/V on an HX711 at gain 128; a first value until the scale is calibrated.
const nominalCalibration = Object.freeze({ zeroCounts: 0, loadCounts: 107_374, loadMilligrams: 1_000_000 });

/** The parts of the three kinds of machine on an ESP32-S3-DevKitC-1-N16R8; payment and network are the owner's. */
export function usualConfig(
	kind: MachineKind,
	own: { readonly currency: string; readonly holdCents: number; readonly network: MachineConfig["network"] },
): MachineConfig {
	const scales = [
		{ clock: 14, data: 15 },
		{ clock: 4, data: 5 },
		{ clock: 6, data: 7 },
		{ clock: 8, data: 9 },
	].map((pins, shelf) => ({ shelf, ...pins, ...nominalCalibration }));
	return {
		hardware: {
			esp32: {
				pins: {
					lock: 12,
					hall: 13,
					oledData: 10,
					oledClock: 11,
					neopixel: 21,
					buzzer: 47,
					linkReceive: 18,
					linkTransmit: 17,
					piSignal: 16,
					...(own.network.via === "lte" ? { modemPower: 48 } : {}),
				},
				linkBaud: 115_200,
			},
			dispensing: {
				kind,
				lock: { pulseMs: 4_800, windowMs: 10_000, ajarMs: 30_000 },
				...(kind === "vending" ? { vending: { motors: [4, 5, 6, 7, 8, 9], home: 14, drop: 15, emitter: 2 } } : {}),
				...(kind === "coffee"
					? {
							coffee: {
								pins: { grinder: 4, pump: 6, flow: 7, heater: 8, thermometer: 5, safety: 9, water: 14 },
								bins: [
									{ name: "beans", pin: 15, portions: 60 },
									{ name: "cups", pin: 2, portions: 80 },
								],
								recipes: [],
							},
						}
					: {}),
			},
			// A report over LTE has room for two shelves.
			sensors: { scales: kind === "fridge" ? scales.slice(0, own.network.via === "lte" ? 2 : 4) : [] },
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
	return Object.fromEntries(
		Object.entries(next).filter(([name, value]) => !isDeepStrictEqual(value, { ...before }[name as "kind"])),
	);
}

/** The same without what must not lie here in the open. */
export function withoutSecrets(config: MachineConfig): MachineConfig {
	const { wifi, ...network } = config.network;
	return { ...config, network: { ...network, ...(wifi === undefined ? {} : { wifi: { ssid: wifi.ssid } }) } };
}

/** What cannot work, for people; empty when all is well. */
export function problemsOf({ hardware, network }: MachineConfig): string[] {
	const { esp32, dispensing, sensors } = hardware;
	const uses: PinUse[] = [
		...definedPins(esp32.pins).map(({ name, pin }) => ({
			key: `hardware.esp32.pins.${name}`,
			pin,
			...(name === "oledData" ? { bus: { wire: "data" as const, part: "oled" } } : {}),
			...(name === "oledClock" ? { bus: { wire: "clock" as const, part: "oled" } } : {}),
		})),
		...sensors.scales.flatMap(({ shelf, clock, data }) => [
			{ key: `hardware.sensors.scales[${shelf}].clock`, pin: clock },
			{ key: `hardware.sensors.scales[${shelf}].data`, pin: data },
		]),
		...(esp32.battery ? [{ key: "hardware.esp32.battery.pin", pin: esp32.battery.pin, analog: true }] : []),
		...(dispensing.vending?.motors ?? []).map((pin, slot) => ({
			key: `hardware.dispensing.vending.motors[${slot}]`,
			pin,
		})),
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

function definedPins(pins: Readonly<Record<string, number | undefined>>): { name: string; pin: number }[] {
	return Object.entries(pins).flatMap(([name, pin]) => (pin === undefined ? [] : [{ name, pin }]));
}
