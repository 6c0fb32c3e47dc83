// This module also runs on the device: plain ES2022, nothing of Node.

import { usualPins } from "@visionvend/sdk/config/usual-wiring";
import {
	isAcknowledgementBody,
	isCommandBody,
	isCommandStatusBody,
	isConfigurationUpdateBody,
	isControllerConfiguration,
	isDispenseBody,
	isDoorBody,
	isFirmwareChunkBody,
	isFirmwareManifestBody,
	isFirmwareRequestBody,
	isHealthBody,
	isHelloBody,
	isHelloRequestBody,
	isReceiptBody,
	isRemoteCommandBody,
	isSaleReportBody,
	isUnlockBody,
} from "@visionvend/sdk/device/validators.generated";

/** A validator of the device, and a body that it takes. */
export interface SampleBody {
	readonly name: string;
	readonly takes: (value: unknown) => boolean;
	readonly body: unknown;
}

const sha256 = "q1MKE-RZFJgrefm34_uplM_R8_si9xzqGvvwK0SBR0E";
const text16 = "MDEyMzQ1Njc4OWFiY2RlZg";
const text32 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";

/** One for every validator of `validators.generated.ts`. */
export function sampleBodies(): readonly SampleBody[] {
	const sample = (name: string, takes: (value: unknown) => boolean, body: unknown): SampleBody => ({
		name,
		takes,
		body,
	});
	const lock = { pulseMs: 4_800, windowMs: 10_000, ajarMs: 30_000 };
	return [
		sample("hello request", isHelloRequestBody, { request: "abc" }),
		sample("unlock", isUnlockBody, { saleId: "sale-1", counter: 7, windowMs: 10_000, language: "en" }),
		sample("dispense", isDispenseBody, { saleId: "sale-1", counter: 7, slots: [1, 2], language: "en" }),
		sample("acknowledgement", isAcknowledgementBody, { reportId: "1-report-1", saleId: "sale-1" }),
		sample("remote command", isRemoteCommandBody, {
			commandId: "c1",
			action: "calibrate",
			shelf: 1,
			milligrams: 1_000_000,
			minutes: 0,
		}),
		sample("command status", isCommandStatusBody, { commandId: "c1", state: "done", reason: "", detail: "" }),
		sample("configuration update", isConfigurationUpdateBody, {
			commandId: "c1",
			version: 2,
			settings: { lock, keyRotation: { version: 2, salt: text16, receive: text32, send: text32, broker: text32 } },
		}),
		sample("firmware manifest", isFirmwareManifestBody, {
			commandId: "c1",
			product: "visionvend",
			hardware: "visionvend_s3",
			version: "0.2.0",
			floor: 1,
			byteLength: 1_000_000,
			sha256,
			signature: `${text32}${text32}`,
		}),
		sample("firmware request", isFirmwareRequestBody, { commandId: "c1", offset: 0, byteLength: 1_024 }),
		sample("firmware chunk", isFirmwareChunkBody, { commandId: "c1", offset: 0, data: text32 }),
		sample("receipt", isReceiptBody, {
			saleId: "sale-1",
			outcome: "captured",
			items: [{ name: "Cola 330 ml", quantity: 2 }],
			totalCents: 400,
			currency: "usd",
			language: "en",
		}),
		sample("hello", isHelloBody, {
			request: "abc",
			boot: 1,
			nonce: "AAAAAAAAAAAAAAAAAAAAAA",
			counter: 7,
			executed: 1,
			phase: "locked",
			firmware: "0.1.0",
			resetReason: "power-on",
			kind: "fridge",
			configuration: 0,
		}),
		sample("door", isDoorBody, { state: "opened", saleId: "sale-1", atMs: 1_000 }),
		sample("command", isCommandBody, { saleId: "sale-1", counter: 7, result: "executed", reason: "" }),
		sample("sale report", isSaleReportBody, {
			saleId: "sale-1",
			counter: 7,
			boot: 1,
			opened: true,
			doorOpenMs: 5_000,
			flags: ["ajar"],
			shelves: [{ shelf: 0, baselineMilligrams: 1_000_000, finalMilligrams: 645_000, spreadMilligrams: 300 }],
			dispensed: [],
		}),
		sample("health", isHealthBody, {
			uptimeMs: 60_000,
			boot: 1,
			doorClosed: true,
			massesMilligrams: [1, 2, 3, 4],
			phase: "locked",
			resetReason: "power-on",
			memoryFreeBytes: 40_000,
			faults: [],
		}),
		sample("controller configuration", isControllerConfiguration, {
			machineId: "fridge-1",
			version: 0,
			kind: "fridge",
			uplink: { via: "pi" },
			keys: { receive: { kid: "cloud-controller.1", key: text32 }, send: { kid: "controller-cloud.1", key: text32 } },
			pins: usualPins("pi"),
			scales: [{ shelf: 0, clock: 14, data: 15, zeroCounts: -18_250, loadCounts: 89_124, loadMilligrams: 1_000_000 }],
			lock,
			languages: ["en", "es"],
			linkBaud: 115_200,
		}),
	];
}
